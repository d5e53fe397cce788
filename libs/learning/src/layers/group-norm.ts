import type { Layer } from '@consilium/protocol';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { Weights } from '../network/weights.js';
import type { LayerPass } from './layer-pass.js';
import { normalise } from './normalise.js';

/**
 * Over all places and the channels of one group, within each record (Wu and He 2018). Means are two products, with
 * 1/places and with who shares a group: WebAssembly sums over inner axes only, and would transpose the image each time.
 */
export function groupNorm(
  tf: Engine,
  { name, input, groups }: Extract<Layer, { kind: 'groupNorm' }>,
  x: Tensor,
  weights: Weights,
): LayerPass {
  const { height, width, channels } = input;
  const places = height * width;
  const rows = x.shape[0] ?? 0;
  const size = channels / groups;
  const share = tf.mul(tf.ones([rows, 1, places]), 1 / places);
  const sameGroup = tf.tensor2d(sharedGroups(channels, size), [channels, channels]);
  return normalise(tf, name, x, weights, (tensor) => {
    const channelMeans = tf.matMul(share, tf.reshape(tensor, [rows, places, channels]));
    return tf.reshape(tf.matMul(tf.reshape(channelMeans, [rows, channels]), sameGroup), [rows, 1, 1, channels]);
  });
}

/** [channels, channels]: 1/size where two channels are of one group. */
function sharedGroups(channels: number, size: number): Float32Array {
  return Float32Array.from({ length: channels * channels }, (_, at) =>
    Math.floor(Math.floor(at / channels) / size) === Math.floor((at % channels) / size) ? 1 / size : 0,
  );
}
