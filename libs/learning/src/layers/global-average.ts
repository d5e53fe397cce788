import type { Layer } from '@consilium/protocol';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { LayerPass } from './layer-pass.js';

/**
 * The mean over all places of each channel: [rows, channels]. A product with 1/places instead of a sum over the middle
 * axis, which WebAssembly can only do by way of a transpose.
 */
export function globalAverage(tf: Engine, { input }: Extract<Layer, { kind: 'globalAverage' }>, x: Tensor): LayerPass {
  const { height, width, channels } = input;
  const places = height * width;
  const rows = x.shape[0] ?? 0;
  const mean = tf.matMul(tf.mul(tf.ones([rows, 1, places]), 1 / places), tf.reshape(x, [rows, places, channels]));
  return {
    output: tf.reshape(mean, [rows, channels]),
    inputSlope: (slope) => {
      const share = tf.reshape(tf.mul(slope, 1 / places), [rows, 1, channels]);
      return tf.reshape(tf.matMul(tf.ones([rows, places, 1]), share), x.shape);
    },
  };
}
