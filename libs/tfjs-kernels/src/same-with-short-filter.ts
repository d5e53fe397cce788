import type { KernelConfig, Tensor4D } from '@tensorflow/tfjs-core';
import { aroundShipped, type KernelMaker, type Padding, type Pair, type Rounding } from './kernel.js';
import { windowInput } from './window-input.js';

interface Inputs {
  readonly x: Tensor4D;
  readonly filter: Tensor4D;
}
interface Attributes {
  readonly strides: Pair;
  readonly dilations: Pair | undefined;
  readonly pad: Padding;
  readonly dimRoundingMode: Rounding;
}

/**
 * Wrong in TensorFlow.js: with `same` padding and a filter shorter than the stride, XNNPACK may expect another size of
 * the output than TensorFlow.js has made, refuses, and leaves zeros in silence. Here the padding is made explicit.
 */
function exactWindows(name: string, depthwise: boolean): KernelMaker {
  return (tf): KernelConfig =>
    aroundShipped<Inputs, Attributes>(tf, name, (call, shipped) => {
      const { inputs, attrs, backend } = call;
      if (attrs.pad !== 'same') return shipped(call);
      const { strides, dilations, pad, dimRoundingMode } = attrs;
      const { x, filter } = inputs;
      const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, strides, dilations ?? 1, pad, dimRoundingMode, depthwise);
      if (info.effectiveFilterHeight >= info.strideHeight && info.effectiveFilterWidth >= info.strideWidth) return shipped(call);
      const exact = tf.tidy(() => windowInput(tf, x, info));
      const out = shipped({ inputs: { ...inputs, x: exact }, attrs: { ...attrs, pad: 'valid' }, backend });
      if (exact !== x) exact.dispose();
      return out;
    });
}

export const conv2d: KernelMaker = (tf) => exactWindows(tf.Conv2D, false)(tf);
export const fusedConv2d: KernelMaker = (tf) => exactWindows(tf.FusedConv2D, false)(tf);
export const depthwiseConv2d: KernelMaker = (tf) => exactWindows(tf.DepthwiseConv2dNative, true)(tf);
export const fusedDepthwiseConv2d: KernelMaker = (tf) => exactWindows(tf.FusedDepthwiseConv2D, true)(tf);
