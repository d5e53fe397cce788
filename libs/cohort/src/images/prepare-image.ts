import type { ImageInput } from '@consilium/protocol';
import type { DecodedImage } from './decoded-image.js';
import { ImageRefused } from './image-refused.js';
import { resample } from './resample.js';

/** One frame as a decoder gives it. */
export type Frame = Omit<DecodedImage, 'frames' | 'inverted'>;

/** Pixels within the declared range: a value outside is an error or is cut, as the study says; NaN is always an error. */
function rangedPixels(pixels: Float32Array<ArrayBuffer>, { range: [low, high], outside }: ImageInput): Float32Array<ArrayBuffer> {
  // The range as pixels can have it: 0.1 is no 32-bit number, and its nearest one may lie outside.
  const [least, most] = [Math.fround(low), Math.fround(high)];
  let cut: Float32Array<ArrayBuffer> | undefined;
  for (let index = 0; index < pixels.length; index += 1) {
    const value = pixels[index] ?? 0;
    if (value >= least && value <= most) continue;
    if (outside === 'refuse' || Number.isNaN(value)) throw new ImageRefused('outside-range');
    cut ??= Float32Array.from(pixels);
    cut[index] = value < least ? least : most;
  }
  return cut ?? pixels;
}

/**
 * An image as the model takes it: checked against what the study declares, brought to its size, (x − center) / scale.
 * @returns height × width × channels numbers, row-major, channels last
 * @throws ImageRefused other-channels, other-depth, other-size, outside-range
 */
export function prepareImage(frame: Frame, input: ImageInput): Float32Array<ArrayBuffer> {
  if (frame.channels !== input.channels)
    throw new ImageRefused('other-channels', `${frame.channels} channels, study wants ${input.channels}`);
  if (input.bits !== undefined && frame.bits !== input.bits)
    throw new ImageRefused('other-depth', `${frame.bits ?? 'floating point'} bits, study wants ${input.bits}`);
  const same = frame.width === input.width && frame.height === input.height;
  if (!same && input.resize === 'exact')
    throw new ImageRefused('other-size', `${frame.width}x${frame.height}, study wants ${input.width}x${input.height}`);
  const ranged = rangedPixels(frame.pixels, input);
  const sized = same || input.resize === 'exact' ? ranged : resample(ranged, frame, input, input.channels, input.resize);
  const numbers = new Float32Array(sized.length);
  for (let index = 0; index < sized.length; index += 1) numbers[index] = ((sized[index] ?? 0) - input.center) / input.scale;
  return numbers;
}
