import { newCase, type Case } from './case.js';

const BOX = [3, 4, 5];

export const REDUCTION_CASES: readonly Case[] = [
  ...'sum mean max min prod logSumExp'
    .split(' ')
    .flatMap((name) => [0, 1, [0, 2], undefined].map((axis) => newCase(`${name} ${axis ?? 'all'}`, (tf, x) => tf[name](x, axis), [BOX]))),
  ...['softmax', 'logSoftmax'].map((name) => newCase(name, (tf, x) => tf[name](x).mul(tf.range(0, 20).reshape([4, 5])), [BOX])),
  newCase('cumsum', (tf, x) => tf.cumsum(x, 1), [[3, 4]]),
  newCase('cumsum, reversed and exclusive', (tf, x) => tf.cumsum(x, 1, true, true), [[3, 4]]),
  newCase('cumprod', (tf, x) => tf.cumprod(x, 1), [[3, 4]]),
  newCase('norm', (tf, x) => tf.norm(x, 2, 1), [[3, 4]]),
  newCase('topk', (tf, x) => tf.topk(x, 3).values, [[3, 7]]),
  newCase('argMax', (tf, x) => tf.argMax(x, 1).toFloat(), [[3, 7]]),
  newCase('oneHot', (tf, x) => tf.oneHot(tf.argMax(x, 1), 7).toFloat(), [[3, 7]]),
  newCase('bincount', (tf, x) => tf.bincount(x.abs().mul(5).toInt().flatten(), [], 8).toFloat(), [[3, 7]]),
  newCase('batchNorm', (tf, x, mean, variance) => tf.batchNorm(x, mean, variance.abs().add(0.1), tf.ones([3]), tf.ones([3])), [
    [2, 4, 4, 3],
    [3],
    [3],
  ]),
  newCase(
    'layer normalisation',
    (tf, x, scale) => {
      const { mean, variance } = tf.moments(x, 1, true);
      return tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3))), scale);
    },
    [[3, 8], [8]],
  ),
  newCase(
    'group normalisation',
    (tf, x) => {
      const groups = tf.reshape(x, [2, 16, 2, 2]);
      const { mean, variance } = tf.moments(groups, [1, 3], true);
      return tf.reshape(tf.div(tf.sub(groups, mean), tf.sqrt(tf.add(variance, 1e-3))), [2, 4, 4, 4]);
    },
    [[2, 4, 4, 4]],
  ),
  newCase('localResponseNormalization', (tf, x) => tf.localResponseNormalization(x), [[2, 4, 4, 4]]),
];
