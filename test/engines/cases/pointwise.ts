import { newCase, type Case } from './case.js';

const TABLE = [4, 7];
const ANY =
  'relu relu6 elu selu sigmoid tanh softplus square abs neg exp expm1 sin cos erf step sign leakyRelu floor ceil round logSigmoid atan sinh cosh asinh tan';
const ABOVE_ONE = 'sqrt rsqrt log log1p reciprocal acosh';
const PAIRS = 'add sub mul div maximum minimum squaredDifference';

export const POINTWISE_CASES: readonly Case[] = [
  ...ANY.split(' ').map((name) => newCase(name, (tf, x) => tf[name](x), [TABLE])),
  ...ABOVE_ONE.split(' ').map((name) => newCase(name, (tf, x) => tf[name](x.abs().add(1.1)), [TABLE])),
  ...PAIRS.split(' ').flatMap((name) =>
    [TABLE, [7], [1, 7], [4, 1], []].map((shape) => newCase(`${name} [${shape}]`, (tf, x, y) => tf[name](x, y), [TABLE, shape])),
  ),
  newCase('pow', (tf, x, y) => tf.pow(x.abs().add(0.1), y), [TABLE, TABLE]),
  newCase('atan2', (tf, x, y) => tf.atan2(x, y), [TABLE, TABLE]),
  newCase('prelu', (tf, x, a) => tf.prelu(x, a), [TABLE, [7]]),
  newCase('mod', (tf, x, y) => tf.mod(x, y), [TABLE, TABLE]),
  newCase('floorDiv', (tf, x, y) => tf.floorDiv(x.mul(9), y), [TABLE, TABLE]),
  newCase('where', (tf, x, y) => tf.where(tf.greater(x, 0), x, y), [
    [3, 4],
    [3, 4],
  ]),
  newCase('clipByValue', (tf, x) => tf.clipByValue(x, -0.3, 0.4), [[3, 4]]),
];
