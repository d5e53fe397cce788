import type { KernelConfig, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { aroundShipped, type CorrectedBackend, type Padding, type Pair, type Rounding, type Tf, type Triple } from './kernel.js';

interface Attributes<Size> {
  readonly filterSize: Size;
  readonly strides: Size;
  readonly pad: Exclude<Padding, readonly unknown[]>;
  readonly dimRoundingMode: Rounding;
}
interface Inputs<T> {
  readonly dy: T;
  readonly input: T;
}
/** One axis of a pooling: how many windows, where the first begins, how long a window is. */
interface Axis {
  readonly windows: number;
  readonly stride: number;
  readonly before: number;
  readonly length: number;
  readonly input: number;
}

/** For each window of an axis: its length over how much of it lies in the input. */
function excess({ windows, stride, before, length, input }: Axis): Float32Array {
  return Float32Array.from({ length: windows }, (_, window) => {
    const start = window * stride - before;
    const inside = Math.min(input, start + length) - Math.max(0, start);
    return inside > 0 ? length / inside : 1;
  });
}

/**
 * Wrong in TensorFlow.js on `wasm`, `webgpu` and `cpu` for windows that reach beyond the input (`same` padding): forward,
 * the mean is over what lies inside; backward, the shipped kernel divides by the whole window. Here the output's gradient
 * is first multiplied by the ratio of the two, which is one factor an axis.
 */
export function averagePoolGrad(tf: Tf, backend: CorrectedBackend): KernelConfig {
  return aroundShipped<Inputs<Tensor4D>, Attributes<Pair>>(
    tf,
    tf.AvgPoolGrad,
    (call, shipped) => {
      const { filterSize, strides, pad, dimRoundingMode } = call.attrs;
      const info = tf.backend_util.computePool2DInfo(call.inputs.input.shape, filterSize, strides, 1, pad, dimRoundingMode);
      const { outHeight, outWidth, padInfo } = info;
      const rows = { windows: outHeight, stride: info.strideHeight, before: padInfo.top, length: info.filterHeight, input: info.inHeight };
      const columns = { windows: outWidth, stride: info.strideWidth, before: padInfo.left, length: info.filterWidth, input: info.inWidth };
      const factors = [tf.tensor(excess(rows), [outHeight, 1, 1]), tf.tensor(excess(columns), [outWidth, 1])];
      const dy = tf.tidy(() => factors.reduce<Tensor4D>((scaled, factor) => tf.mul(scaled, factor), call.inputs.dy));
      const gradient = shipped({ ...call, inputs: { ...call.inputs, dy } });
      tf.dispose([...factors, dy]);
      return gradient;
    },
    backend,
  );
}

/** As {@link averagePoolGrad}, for volumes. */
export function averagePool3dGrad(tf: Tf, backend: CorrectedBackend): KernelConfig {
  return aroundShipped<Inputs<Tensor5D>, Attributes<Triple>>(
    tf,
    tf.AvgPool3DGrad,
    (call, shipped) => {
      const { filterSize, strides, pad, dimRoundingMode } = call.attrs;
      const info = tf.backend_util.computePool3DInfo(call.inputs.input.shape, filterSize, strides, 1, pad, dimRoundingMode);
      const { outDepth, outHeight, outWidth, padInfo } = info;
      const slices = { windows: outDepth, stride: info.strideDepth, before: padInfo.front, length: info.filterDepth, input: info.inDepth };
      const rows = { windows: outHeight, stride: info.strideHeight, before: padInfo.top, length: info.filterHeight, input: info.inHeight };
      const columns = { windows: outWidth, stride: info.strideWidth, before: padInfo.left, length: info.filterWidth, input: info.inWidth };
      const factors = [
        tf.tensor(excess(slices), [outDepth, 1, 1, 1]),
        tf.tensor(excess(rows), [outHeight, 1, 1]),
        tf.tensor(excess(columns), [outWidth, 1]),
      ];
      const dy = tf.tidy(() => factors.reduce<Tensor5D>((scaled, factor) => tf.mul(scaled, factor), call.inputs.dy));
      const gradient = shipped({ ...call, inputs: { ...call.inputs, dy } });
      tf.dispose([...factors, dy]);
      return gradient;
    },
    backend,
  );
}
