import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { tensorOf, type Weights } from '../network/weights.js';
import { columnSums } from './column-sums.js';
import type { LayerPass } from './layer-pass.js';
import { EPSILON, normalise } from './normalise.js';

/** Share of a batch in the running mean and variance. */
const NEW_SHARE = 0.1;

/**
 * Over the records of a batch and all places (Ioffe and Szegedy 2015); outside training by the running mean and variance.
 * These are tensors that sites average like weights. The variance is the mean square from the mean, so that a batch of one
 * record has the variance 0 and not a division by nothing (field case TRN-3).
 */
export function batchNorm(
  tf: Engine,
  { name }: Extract<Layer, { kind: 'batchNorm' }>,
  x: Tensor,
  weights: Weights,
  training: boolean,
): LayerPass {
  const running = { mean: tensorOf<Tensor1D>(weights, `${name}/mean`), variance: tensorOf<Tensor1D>(weights, `${name}/variance`) };
  if (!training) return byRunning(tf, name, x, weights, running);
  const count = x.size / (x.shape.at(-1) ?? 1);
  const pass = normalise(tf, name, x, weights, (tensor) => tf.mul(columnSums(tf, tensor), 1 / count));
  const follow = (old: Tensor, now: Tensor) => tf.add(old, tf.mul(tf.sub(now, old), NEW_SHARE));
  return {
    ...pass,
    moved: { mean: follow(running.mean, pass.mean), variance: follow(running.variance, pass.variance) },
  };
}

/** A mean of rounded updates may put a variance of 0 a little below it. */
function byRunning(
  tf: Engine,
  name: string,
  x: Tensor,
  weights: Weights,
  { mean, variance }: { readonly mean: Tensor1D; readonly variance: Tensor1D },
): LayerPass {
  const inverse = tf.rsqrt(tf.add(tf.relu(variance), EPSILON));
  const normal = tf.mul(tf.sub(x, mean), inverse);
  const scale = tensorOf<Tensor1D>(weights, `${name}/scale`);
  return {
    output: tf.add(tf.mul(normal, scale), tensorOf<Tensor1D>(weights, `${name}/offset`)),
    inputSlope: (slope) => tf.mul(slope, tf.mul(scale, inverse)),
    tensorSlopes: (slope) => ({
      scale: columnSums(tf, tf.mul(slope, normal)),
      offset: columnSums(tf, slope),
    }),
  };
}
