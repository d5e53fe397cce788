import type { Layer } from '@consilium/protocol';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { Weights } from '../network/weights.js';
import type { LayerPass } from './layer-pass.js';
import { normalise } from './normalise.js';

/** Over the units of each record (Ba, Kiros, Hinton 2016): nothing of one record reaches another. */
export function layerNorm(tf: Engine, { name }: Extract<Layer, { kind: 'layerNorm' }>, x: Tensor, weights: Weights): LayerPass {
  return normalise(tf, name, x, weights, (tensor) => tf.mean(tensor, 1, true));
}
