import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { LayerPass } from './layer-pass.js';

/** Each record as one vector: [rows, height · width · channels]. */
export function flatten(tf: Engine, x: Tensor): LayerPass {
  return { output: tf.reshape(x, [x.shape[0] ?? 0, -1]), inputSlope: (slope) => tf.reshape(slope, x.shape) };
}
