import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from './loaded-engine.js';

/** Numbers in (−1, 1) that every engine gets alike: Lehmer's generator, modulus 2^31 − 1, rounded to 32 bits. */
function numbers<T extends Tensor>(tf: Engine, shape: number[], seed: number): T {
  let word = seed;
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    word = (word * 48_271) % 2_147_483_647;
    return (2 * word) / 2_147_483_647 - 1;
  });
  return tf.tensor(values, shape) as T;
}

/** The gradient of Σ w·f(x) by x, with w not all the same. */
function slope(tf: Engine, f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return tf.grad(f)(x, numbers(tf, f(x).shape, 77));
}

/**
 * Twenty operations that training is made of, forwards and backwards, each with at most a few dozen results; among them
 * those that engines are known to get wrong. Their results stand in `self-check-values.ts`.
 */
export const SELF_CHECK_OPERATIONS: Readonly<Record<string, (tf: Engine) => Tensor>> = {
  'add with broadcast': (tf) => tf.add(numbers(tf, [3, 4], 1), numbers(tf, [4], 2)),
  'matrix product': (tf) => tf.matMul(numbers(tf, [3, 5], 3), numbers(tf, [5, 4], 4)),
  'matrix product, transposed': (tf) => tf.matMul(numbers(tf, [5, 3], 5), numbers(tf, [4, 5], 6), true, true),
  tanh: (tf) => tf.tanh(numbers(tf, [2, 6], 7)),
  'sigmoid gradient': (tf) => slope(tf, (x) => tf.sigmoid(x), numbers(tf, [2, 6], 8)),
  'relu gradient': (tf) => slope(tf, (x) => tf.relu(x), numbers(tf, [2, 6], 9)),
  softplus: (tf) => tf.softplus(tf.mul(numbers(tf, [2, 6], 10), 4)),
  'log-softmax gradient': (tf) => slope(tf, (x) => tf.logSoftmax(x), numbers(tf, [3, 4], 11)),
  'mean and variance': (tf) => {
    const { mean, variance } = tf.moments(numbers(tf, [4, 6], 12), 0);
    return tf.stack([mean, variance]);
  },
  'reciprocal square root': (tf) => tf.rsqrt(tf.add(tf.abs(numbers(tf, [2, 6], 13)), 0.01)),
  'exponential and logarithm': (tf) => tf.log(tf.add(tf.exp(numbers(tf, [2, 6], 14)), 1)),
  'gather gradient': (tf) => slope(tf, (x) => tf.gather(x, tf.tensor1d([0, 2, 2, 1], 'int32')), numbers(tf, [4, 3], 15)),
  'slice and concatenate': (tf) => {
    const x = numbers(tf, [3, 4], 16);
    return tf.concat([tf.slice(x, [1, 1], [2, 2]), tf.transpose(tf.slice(x, [0, 0], [2, 2]))], 1);
  },
  convolution: (tf) => tf.conv2d(numbers<Tensor4D>(tf, [1, 5, 5, 2], 17), numbers<Tensor4D>(tf, [3, 3, 2, 2], 18), 2, 'same'),
  'convolution, filter below stride': (tf) =>
    tf.conv2d(numbers<Tensor4D>(tf, [1, 9, 9, 1], 19), numbers<Tensor4D>(tf, [2, 2, 1, 2], 20), 3, 'same'),
  'convolution gradient by input': (tf) => {
    const filter = numbers<Tensor4D>(tf, [3, 3, 1, 2], 21);
    return slope(tf, (x) => tf.conv2d(x as Tensor4D, filter, 2, 'same'), numbers(tf, [1, 5, 5, 1], 22));
  },
  'convolution gradient by filter': (tf) => {
    const x = numbers<Tensor4D>(tf, [2, 5, 5, 1], 23);
    return slope(tf, (filter) => tf.conv2d(x, filter as Tensor4D, 1, 'valid'), numbers(tf, [3, 3, 1, 2], 24));
  },
  'depthwise convolution gradient by filter': (tf) => {
    const x = numbers<Tensor4D>(tf, [1, 5, 5, 2], 25);
    return slope(tf, (filter) => tf.depthwiseConv2d(x, filter as Tensor4D, 1, 'same'), numbers(tf, [3, 3, 2, 1], 26));
  },
  'largest-value pooling gradient': (tf) =>
    slope(tf, (x) => tf.maxPool(x as Tensor4D, 2, 2, 'valid'), tf.sub(numbers(tf, [1, 4, 4, 2], 27), 2)),
  'average pooling gradient': (tf) => slope(tf, (x) => tf.avgPool(x as Tensor4D, 3, 2, 'same'), numbers(tf, [1, 4, 4, 2], 28)),
};
