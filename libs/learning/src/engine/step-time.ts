import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from './loaded-engine.js';

const ROWS = 32;
const STEPS = 5;
/** After so long the steps that are done say enough: some drivers compute on the processor. */
const ENOUGH_MS = 3000;

/**
 * How long one training step of a small convolutional network takes: gradients by all weights, read back, batch of 32
 * images of 28 × 28. The median of up to five after one that warms up; that one where it alone takes seconds.
 * @returns milliseconds
 */
export async function stepTime(tf: Engine): Promise<number> {
  const images = tf.randomNormal<Rank.R4>([ROWS, 28, 28, 1], 0, 1, 'float32', 1);
  const weights = [
    tf.randomNormal([3, 3, 1, 16], 0, 0.3, 'float32', 2),
    tf.randomNormal([3, 3, 16, 32], 0, 0.1, 'float32', 3),
    tf.randomNormal([12 * 12 * 32, 10], 0, 0.02, 'float32', 4),
  ];
  const loss = (first: Tensor, second: Tensor, last: Tensor): Tensor => {
    const low = tf.relu(tf.conv2d(images, first as Tensor4D, 1, 'valid'));
    const high = tf.maxPool(tf.relu(tf.conv2d(low, second as Tensor4D, 1, 'valid')), 2, 2, 'valid');
    return tf.neg(tf.mean(tf.logSoftmax(tf.matMul(tf.reshape(high, [ROWS, -1]), last))));
  };
  const times: number[] = [];
  const begun = performance.now();
  for (let step = 0; step <= STEPS; step += 1) {
    const start = performance.now();
    const gradients = tf.grads(loss as (...inputs: Tensor[]) => Tensor)(weights);
    await Promise.all(gradients.map((gradient) => gradient.data()));
    tf.dispose(gradients);
    times.push(performance.now() - start);
    if (performance.now() - begun > ENOUGH_MS) break;
  }
  tf.dispose([images, ...weights]);
  const counted = (times.length > 1 ? times.slice(1) : times).sort((a, b) => a - b);
  return counted[Math.floor(counted.length / 2)] ?? Infinity;
}
