import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { Weights } from '../network/weights.js';
import { activation } from './activation.js';
import { batchNorm } from './batch-norm.js';
import { convolution } from './convolution.js';
import { cuts } from './cuts.js';
import { dense } from './dense.js';
import { embedding } from './embedding.js';
import { flatten } from './flatten.js';
import { globalAverage } from './global-average.js';
import { groupNorm } from './group-norm.js';
import { layerNorm } from './layer-norm.js';
import type { LayerPass } from './layer-pass.js';
import { pool } from './pool.js';

/**
 * Runs one layer on a batch. Call it within `tf.tidy`.
 * @param input.transposed - x transposed, where it is at hand and x has two axes
 * @param training - batch normalisation by the batch, and not by what it has seen before
 */
export function runLayer(
  tf: Engine,
  layer: Layer,
  { x, transposed }: { readonly x: Tensor; readonly transposed?: Tensor2D | undefined },
  weights: Weights,
  training: boolean,
): LayerPass {
  switch (layer.kind) {
    case 'dense':
      return dense(tf, layer, x as Tensor2D, weights, transposed);
    case 'cuts':
      return cuts(tf, layer, x as Tensor2D, weights, transposed);
    case 'activation':
      return activation(tf, layer.activation, x);
    case 'convolution':
      return convolution(tf, layer, x as Tensor4D, weights);
    case 'pool':
      return pool(tf, layer, x as Tensor4D);
    case 'globalAverage':
      return globalAverage(tf, layer, x);
    case 'flatten':
      return flatten(tf, x);
    case 'groupNorm':
      return groupNorm(tf, layer, x, weights);
    case 'layerNorm':
      return layerNorm(tf, layer, x, weights);
    case 'batchNorm':
      return batchNorm(tf, layer, x, weights, training);
    case 'embedding':
      return embedding(tf, layer, x as Tensor2D, weights);
  }
}
