import { newCase, type Case } from './case.js';

const TABLE = [3, 4];

export const SHAPE_CASES: readonly Case[] = [
  newCase('transpose', (tf, x) => tf.transpose(x, [2, 0, 1]), [[3, 4, 5]]),
  newCase('concat', (tf, x, y) => tf.concat([x, y], 1), [TABLE, [3, 5]]),
  newCase(
    'pad',
    (tf, x) =>
      tf.pad(x, [
        [1, 2],
        [0, 1],
      ]),
    [TABLE],
  ),
  newCase(
    'mirrorPad',
    (tf, x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [1, 0],
        ],
        'reflect',
      ),
    [TABLE],
  ),
  newCase('slice', (tf, x) => tf.slice(x, [1, 0], [2, 3]), [TABLE]),
  newCase('slice of rank 1', (tf, x) => tf.slice(x, 2, 3), [[7]]),
  newCase('slice of rank 3', (tf, x) => tf.slice(x, [0, 1, 2], [2, 2, -1]), [[3, 4, 5]]),
  newCase('slice of rank 4', (tf, x) => tf.slice(x, [1, 1, 0, 1], [1, 2, 3, 2]), [[2, 4, 3, 4]]),
  newCase('slice of rank 4, whole rows', (tf, x) => tf.slice(x, [0, 1, 0, 0], [2, 2, 3, 4]), [[2, 4, 3, 4]]),
  newCase('slice of rank 5', (tf, x) => tf.slice(x, [0, 1, 0, 1, 0], [2, 1, 3, 1, 2]), [[2, 3, 3, 2, 2]]),
  newCase('slice of whole numbers', (tf, x) => tf.slice(x.mul(9).toInt(), [1, 1], [2, 2]).toFloat(), [TABLE]),
  newCase('slice of nothing', (tf, x) => tf.concat([x, tf.slice(x, [0, 0], [0, 4])], 0), [TABLE]),
  newCase('split', (tf, x) => tf.concat(tf.split(x, [1, 3], 1).reverse(), 1), [TABLE]),
  newCase('stridedSlice', (tf, x) => tf.stridedSlice(x, [0, 0], [3, 4], [2, 2]), [TABLE]),
  newCase('tile', (tf, x) => tf.tile(x, [2, 3]), [TABLE]),
  newCase('reverse', (tf, x) => tf.reverse(x, 1), [TABLE]),
  newCase('stack', (tf, x, y) => tf.stack([x, y]), [TABLE, TABLE]),
  newCase('gather columns', (tf, x) => tf.gather(x, [0, 2, 2], 1), [TABLE]),
  newCase('gather rows', (tf, x) => tf.gather(x, [0, 2, 2], 0), [TABLE]),
  newCase(
    'embedding and pooling',
    (tf, table) =>
      tf.mean(
        tf.gather(
          table,
          tf.tensor2d(
            [
              [0, 4, 4],
              [2, 1, 0],
            ],
            [2, 3],
            'int32',
          ),
        ),
        1,
      ),
    [[5, 3]],
  ),
  newCase('unsortedSegmentSum', (tf, x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 1], 'int32'), 4), [[4, 3]]),
  newCase('scatterND', (tf, x) => tf.scatterND(tf.tensor2d([[1], [2]], [2, 1], 'int32'), x, [4, 3]), [[2, 3]]),
  newCase(
    'spaceToBatchND',
    (tf, x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    [[2, 4, 4, 3]],
  ),
  newCase('depthToSpace', (tf, x) => tf.depthToSpace(x, 2), [[2, 4, 4, 4]]),
  newCase('resizeBilinear', (tf, x) => tf.image.resizeBilinear(x, [7, 5]), [[2, 4, 4, 3]]),
  newCase('resizeNearestNeighbor', (tf, x) => tf.image.resizeNearestNeighbor(x, [8, 8]), [[2, 4, 4, 3]], {
    rule: 'repeat',
    filter: [2, 2],
    strides: [1, 1],
    pad: 'valid',
  }),
];
