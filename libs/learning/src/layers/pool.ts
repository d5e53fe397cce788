import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { LayerPass } from './layer-pass.js';

/** The largest or the mean of each window of size × size places; windows do not overlap. */
export function pool(tf: Engine, { by, size }: Extract<Layer, { kind: 'pool' }>, x: Tensor4D): LayerPass {
  const output = by === 'max' ? tf.maxPool(x, size, size, 'valid') : tf.avgPool(x, size, size, 'valid');
  const attributes = { filterSize: [size, size], strides: [size, size], pad: 'valid' } as const;
  return {
    output,
    inputSlope: (slope: Tensor): Tensor =>
      by === 'max'
        ? tf.engine().runKernel(tf.MaxPoolGrad, { dy: slope, input: x, output }, attributes)
        : tf.engine().runKernel(tf.AvgPoolGrad, { dy: slope, input: x }, attributes),
  };
}
