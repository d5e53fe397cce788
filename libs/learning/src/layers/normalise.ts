import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { tensorOf, type Weights } from '../network/weights.js';
import { columnSums } from './column-sums.js';
import type { LayerPass } from './layer-pass.js';

/** Keeps the root away from 0: a group, record or batch without variance becomes its offset. */
export const EPSILON = 1e-5;

/** Who is made alike: the mean of a tensor [rows, …, channels] over each such set, in a shape that spreads over the tensor. */
export type MeanOver = (tensor: Tensor) => Tensor;

/**
 * scale · (x − mean)/√(variance + ε) + offset, scale and offset by channel (the last axis). The variance is the mean square
 * from the mean, in a second look: in 32 bits the difference of two squares would lose what is small.
 * Slope of the input: (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε) with g = scale · slope (Ioffe and Szegedy 2015, section 3).
 */
export function normalise(
  tf: Engine,
  name: string,
  x: Tensor,
  weights: Weights,
  meanOver: MeanOver,
): LayerPass & { readonly mean: Tensor; readonly variance: Tensor } {
  const scale = tensorOf<Tensor1D>(weights, `${name}/scale`);
  const mean = meanOver(x);
  const centred = tf.sub(x, mean);
  const variance = meanOver(tf.mul(centred, centred));
  const inverse = tf.rsqrt(tf.add(variance, EPSILON));
  const normal = tf.mul(centred, inverse);
  return {
    output: tf.add(tf.mul(normal, scale), tensorOf<Tensor1D>(weights, `${name}/offset`)),
    mean,
    variance,
    inputSlope: (slope) => {
      const g = tf.mul(slope, scale);
      const along = tf.mul(normal, meanOver(tf.mul(g, normal)));
      return tf.mul(tf.sub(tf.sub(g, meanOver(g)), along), inverse);
    },
    tensorSlopes: (slope) => ({
      scale: columnSums(tf, tf.mul(slope, normal)),
      offset: columnSums(tf, slope),
    }),
  };
}
