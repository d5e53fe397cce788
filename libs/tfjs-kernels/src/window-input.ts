import type { Tensor4D, backend_util } from '@tensorflow/tfjs-core';
import type { Tf } from './kernel.js';

type Info = Pick<
  backend_util.Conv2DInfo,
  | 'padInfo'
  | 'inHeight'
  | 'inWidth'
  | 'outHeight'
  | 'outWidth'
  | 'strideHeight'
  | 'strideWidth'
  | 'effectiveFilterHeight'
  | 'effectiveFilterWidth'
>;

/**
 * Exactly those rows and columns that the windows of a convolution touch: padded with zeros where they begin before or
 * end behind the input, cut where the last window ends before it. On these a convolution with `valid` padding gives
 * what `info` describes.
 * @param x - [batch, rows, columns, channels]
 */
export function windowInput(tf: Tf, x: Tensor4D, info: Info): Tensor4D {
  const { top, left } = info.padInfo;
  const height = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight;
  const width = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth;
  const bottom = Math.max(0, height - info.inHeight - top);
  const right = Math.max(0, width - info.inWidth - left);
  const padded =
    top + left + bottom + right === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]);
  const [batch, rows, columns, channels] = padded.shape;
  return rows === height && columns === width ? padded : tf.slice(padded, [0, 0, 0, 0], [batch, height, width, channels]);
}
