import { newCase, type Case } from './case.js';

const PADDINGS = ['same', 'valid'] as const;

/** Convolutions and poolings of images: filters, strides, paddings and sizes that meet in every way. */
function squares(): Case[] {
  const cases: Case[] = [];
  for (const filter of [1, 2, 3, 5])
    for (const stride of [1, 2, 3])
      for (const pad of PADDINGS)
        for (const size of [8, 9]) {
          const name = `filter ${filter} stride ${stride} ${pad} size ${size}`;
          const image = [2, size, size, 3];
          const window = { filter: [filter, filter], strides: [stride, stride], pad };
          const grown = pad === 'same' ? size * stride : (size - 1) * stride + filter;
          cases.push(
            newCase(`conv2d ${name}`, (tf, x, w) => tf.conv2d(x, w, stride, pad), [image, [filter, filter, 3, 4]], {
              ...window,
              rule: 'convolution',
            }),
            newCase(`depthwiseConv2d ${name}`, (tf, x, w) => tf.depthwiseConv2d(x, w, stride, pad), [image, [filter, filter, 3, 2]], {
              ...window,
              rule: 'depthwise',
            }),
            newCase(`maxPool ${name}`, (tf, x) => tf.maxPool(x, filter, stride, pad), [image], { ...window, rule: 'largest' }),
            newCase(`avgPool ${name}`, (tf, x) => tf.avgPool(x, filter, stride, pad), [image], { ...window, rule: 'mean' }),
          );
          if (filter < stride) continue;
          cases.push(
            newCase(`conv2dTranspose ${name}`, (tf, x, w) => tf.conv2dTranspose(x, w, [2, grown, grown, 4], stride, pad), [
              image,
              [filter, filter, 4, 3],
            ]),
          );
        }
  return cases;
}

/** What is not square, not zero-padded alike, or not above zero. */
function oddOnes(): Case[] {
  const image = [2, 7, 9, 3];
  return [
    newCase('maxPool of negative values', (tf, x) => tf.maxPool(tf.sub(x, 2), 2, 2, 'same'), [image]),
    newCase('maxPool of negative values, overlapping', (tf, x) => tf.maxPool(tf.sub(x, 2), 3, 1, 'valid'), [image]),
    newCase('conv2d oblong', (tf, x, w) => tf.conv2d(x, w, [2, 1], 'same'), [image, [3, 2, 3, 4]]),
    newCase('conv2d oblong, filter below one stride', (tf, x, w) => tf.conv2d(x, w, [3, 1], 'same'), [image, [2, 3, 3, 4]], {
      rule: 'convolution',
      filter: [2, 3],
      strides: [3, 1],
      pad: 'same',
    }),
    newCase('conv2d padded by a number', (tf, x, w) => tf.conv2d(x, w, 2, 1, 'NHWC', 1, 'floor'), [image, [3, 3, 3, 4]]),
    newCase(
      'conv2d padded unevenly',
      (tf, x, w) =>
        tf.conv2d(x, w, 1, [
          [0, 0],
          [2, 0],
          [0, 1],
          [0, 0],
        ]),
      [image, [3, 3, 3, 4]],
    ),
    newCase('depthwiseConv2d dilated', (tf, x, w) => tf.depthwiseConv2d(x, w, 1, 'same', 'NHWC', 2), [image, [3, 3, 3, 2]]),
    newCase('depthwiseConv2d oblong', (tf, x, w) => tf.depthwiseConv2d(x, w, 2, 'same'), [image, [2, 3, 3, 1]]),
    newCase('separableConv2d', (tf, x, d, p) => tf.separableConv2d(x, d, p, 1, 'same'), [image, [3, 3, 3, 2], [1, 1, 6, 4]]),
    newCase('avgPool oblong', (tf, x) => tf.avgPool(x, [3, 2], [2, 1], 'same'), [image], {
      rule: 'mean',
      filter: [3, 2],
      strides: [2, 1],
      pad: 'same',
    }),
    newCase('maxPool oblong', (tf, x) => tf.maxPool(x, [3, 2], [2, 1], 'same'), [image]),
    newCase('conv1d', (tf, x, w) => tf.conv1d(x, w, 2, 'same'), [
      [2, 9, 3],
      [3, 3, 4],
    ]),
    newCase('fused conv2d', (tf, x, w, b) => tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', bias: b, activation: 'relu' }), [
      [2, 5, 5, 2],
      [3, 3, 2, 4],
      [4],
    ]),
    newCase('fused conv2d, filter below stride', (tf, x, w, b) => tf.fused.conv2d({ x, filter: w, strides: 3, pad: 'same', bias: b }), [
      [2, 9, 9, 2],
      [2, 2, 2, 4],
      [4],
    ]),
    newCase(
      'fused depthwiseConv2d, filter below stride',
      (tf, x, w) => tf.fused.depthwiseConv2d({ x, filter: w, strides: 3, pad: 'same' }),
      [
        [2, 9, 9, 2],
        [2, 2, 2, 2],
      ],
    ),
  ];
}

/** Volumes, and the grey-scale dilation. */
function volumes(): Case[] {
  const cases: Case[] = [];
  const volume = [2, 6, 6, 6, 2];
  for (const pad of PADDINGS)
    for (const stride of [1, 2]) {
      const strides = [stride, stride, stride];
      cases.push(
        newCase(`conv3d ${pad} stride ${stride}`, (tf, x, w) => tf.conv3d(x, w, stride, pad), [volume, [3, 3, 3, 2, 2]], {
          rule: 'convolution',
          filter: [3, 3, 3],
          strides,
          pad,
        }),
        newCase(`maxPool3d ${pad} stride ${stride}`, (tf, x) => tf.maxPool3d(x, 2, stride, pad), [volume], {
          rule: 'largest',
          filter: [2, 2, 2],
          strides,
          pad,
        }),
        newCase(`avgPool3d ${pad} stride ${stride}`, (tf, x) => tf.avgPool3d(x, 2, stride, pad), [volume], {
          rule: 'mean',
          filter: [2, 2, 2],
          strides,
          pad,
        }),
      );
    }
  const dilated = (stride: number) =>
    newCase(
      `dilation2d stride ${stride}`,
      (tf, x, w) => tf.dilation2d(x, w, stride, 'same'),
      [
        [2, 5, 5, 2],
        [3, 3, 2],
      ],
      {
        rule: 'dilation',
        filter: [3, 3],
        strides: [stride, stride],
        pad: 'same',
      },
    );
  return [
    ...cases,
    newCase('avgPool3d oblong', (tf, x) => tf.avgPool3d(x, [3, 2, 1], [2, 1, 1], 'same'), [volume], {
      rule: 'mean',
      filter: [3, 2, 1],
      strides: [2, 1, 1],
      pad: 'same',
    }),
    newCase('maxPool3d of negative values', (tf, x) => tf.maxPool3d(tf.sub(x, 2), 2, 2, 'valid'), [volume]),
    dilated(1),
    dilated(2),
  ];
}

export const WINDOW_CASES: readonly Case[] = [...squares(), ...oddOnes(), ...volumes()];
