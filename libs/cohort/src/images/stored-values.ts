import { ImageRefused } from './image-refused.js';
import type { PixelForm } from './pixel-form.js';

/** Stored values of one frame, pixel by pixel, samples of a pixel together. */
export type StoredValues = Float64Array<ArrayBuffer>;

/** Cuts a value of `stored` bits out of an allocated one (PS3.5 section 8.1.1): overlays may lie in the bits above. */
function valueReader({ stored, highBit, signed }: PixelForm): (raw: number) => number {
  const shift = highBit - stored + 1;
  const span = 2 ** stored;
  const half = span / 2;
  return (raw) => {
    const value = stored === 32 ? raw : Math.floor(raw / 2 ** shift) % span;
    return signed && value >= half ? value - span : value;
  };
}

/** Big-endian files keep 8-bit pixels in words of 16 bits where the element is OW: the bytes of each word change places. */
function swappedWords(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes.length % 2 === 0 ? bytes : bytes.subarray(0, bytes.length - 1)).swap16();
}

/** Bytes of one native frame; YBR_FULL_422 has one pair of colour samples for two pixels (PS3.3 C.7.6.3.1.2). */
export function nativeFrameBytes(form: PixelForm): number {
  const samples = form.photometric === 'YBR_FULL_422' ? 2 : form.samples;
  return form.width * form.height * samples * (form.allocated / 8);
}

/**
 * @param bytes - {@link nativeFrameBytes} of them
 * @param words - whether the element is OW
 */
export function nativeValues(bytes: Uint8Array, form: PixelForm, order: { readonly big: boolean; readonly words: boolean }): StoredValues {
  const source = order.big && order.words && form.allocated === 8 ? swappedWords(bytes) : bytes;
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const step = form.allocated / 8;
  const raw = (index: number): number => {
    if (step === 1) return view.getUint8(index);
    return step === 2 ? view.getUint16(index * 2, !order.big) : view.getUint32(index * 4, !order.big);
  };
  const read = valueReader(form);
  const pixels = form.width * form.height;
  const values = new Float64Array(pixels * form.samples);
  if (form.photometric === 'YBR_FULL_422') {
    if (form.width % 2 !== 0) throw new ImageRefused('damaged');
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const pair = Math.floor(pixel / 2) * 4;
      values[pixel * 3] = read(raw(pair + (pixel % 2)));
      values[pixel * 3 + 1] = read(raw(pair + 2));
      values[pixel * 3 + 2] = read(raw(pair + 3));
    }
    return values;
  }
  for (let pixel = 0; pixel < pixels; pixel += 1)
    for (let sample = 0; sample < form.samples; sample += 1)
      values[pixel * form.samples + sample] = read(raw(form.planar ? sample * pixels + pixel : pixel * form.samples + sample));
  return values;
}

/** What a codec gives: whole numbers of `precision` bits, pixel by pixel. */
export interface CodedValues {
  readonly values: ArrayLike<number>;
  readonly precision: number;
  /** Whether the codec already gave them a sign. */
  readonly signed: boolean;
}

/**
 * Values out of a compressed frame. The codestream says how many bits it has, the header how they are meant: an unsigned
 * pattern becomes a signed number where the header says so.
 * @throws ImageRefused damaged where a value does not fit the bits that the header declares
 */
export function codedValues(coded: CodedValues, form: PixelForm): StoredValues {
  const length = form.width * form.height * form.samples;
  if (coded.values.length !== length) throw new ImageRefused('damaged');
  const bits = Math.min(coded.precision, form.stored);
  const span = 2 ** bits;
  const low = form.signed ? -span / 2 : 0;
  const high = form.signed ? span / 2 : span;
  const values = new Float64Array(length);
  for (let index = 0; index < length; index += 1) {
    const raw = coded.values[index] ?? 0;
    const value =
      !coded.signed && form.signed && raw >= high && raw < 2 ** coded.precision
        ? raw % span >= high
          ? (raw % span) - span
          : raw % span
        : raw;
    if (value < low || value >= high) throw new ImageRefused('damaged');
    values[index] = value;
  }
  return values;
}
