import { newCase, type Case } from './case.js';

const turned = (turn: boolean, rows: number, columns: number) => (turn ? [columns, rows] : [rows, columns]);

export const PRODUCT_CASES: readonly Case[] = [
  ...[false, true].flatMap((a) =>
    [false, true].flatMap((b) => [
      newCase(`matMul ${a} ${b}`, (tf, x, y) => tf.matMul(x, y, a, b), [turned(a, 4, 5), turned(b, 5, 6)]),
      newCase(`matMul of batches ${a} ${b}`, (tf, x, y) => tf.matMul(x, y, a, b), [
        [3, ...turned(a, 4, 5)],
        [3, ...turned(b, 5, 6)],
      ]),
      newCase(`matMul of one with a batch ${a} ${b}`, (tf, x, y) => tf.matMul(x, y, a, b), [
        [1, ...turned(a, 4, 5)],
        [3, ...turned(b, 5, 6)],
      ]),
    ]),
  ),
  newCase('matMul of a batch with one', (tf, x, y) => tf.matMul(x, y), [
    [3, 4, 5],
    [5, 6],
  ]),
  newCase('matMul of empty rows', (tf, x, y) => tf.matMul(x, y, false, true), [
    [1, 1],
    [6, 1],
  ]),
  newCase('fused matMul', (tf, x, w, b) => tf.fused.matMul({ a: x, b: w, bias: b, activation: 'relu' }), [[3, 4], [4, 5], [5]]),
  newCase('dot', (tf, x, y) => tf.dot(x, y), [[5], [5]]),
];
