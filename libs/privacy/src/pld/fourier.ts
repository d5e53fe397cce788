import { twiddles, type Twiddles } from './twiddles.js';

/**
 * Discrete Fourier transforms of complex numbers, in place, a power of two long. `forward` leaves the spectrum in
 * bit-reversed order, `backward` takes it so, without the factor 1/size: between the two only partners have to be found.
 */
export interface FourierTransform {
  readonly size: number;
  forward(real: Float64Array, imaginary: Float64Array): void;
  backward(real: Float64Array, imaginary: Float64Array): void;
}

/** The largest table so far also serves every smaller size. */
let table: Twiddles | undefined;

/** @param size - a power of two, 8 to 2^22 */
export function fourierTransform(size: number): FourierTransform {
  if (table === undefined || table.size < size) table = twiddles(size);
  const { cosine, sine, size: tableSize } = table;
  return {
    size,
    forward: (real, imaginary) => {
      for (let half = size / 2; half >= 1; half /= 2) forwardStage(real, imaginary, half, cosine, sine, tableSize / (2 * half));
    },
    backward: (real, imaginary) => {
      for (let half = 1; half < size; half *= 2) backwardStage(real, imaginary, half, cosine, sine, tableSize / (2 * half));
    },
  };
}

/** Where the coefficient of frequency −k stands if that of k stands at `place` (bit-reversed order). */
export function partnerOf(place: number): number {
  return place === 0 ? 0 : place ^ ((1 << (31 - Math.clz32(place))) - 1);
}

function forwardStage(
  real: Float64Array,
  imaginary: Float64Array,
  half: number,
  cosine: Float64Array,
  sine: Float64Array,
  stride: number,
): void {
  for (let start = 0; start < real.length; start += 2 * half)
    for (let j = 0, t = 0; j < half; j += 1, t += stride) {
      const top = start + j;
      const bottom = top + half;
      const a = real[top] as number;
      const b = imaginary[top] as number;
      const c = real[bottom] as number;
      const d = imaginary[bottom] as number;
      const w = cosine[t] as number;
      const v = sine[t] as number;
      real[top] = a + c;
      imaginary[top] = b + d;
      real[bottom] = (a - c) * w + (b - d) * v;
      imaginary[bottom] = (b - d) * w - (a - c) * v;
    }
}

function backwardStage(
  real: Float64Array,
  imaginary: Float64Array,
  half: number,
  cosine: Float64Array,
  sine: Float64Array,
  stride: number,
): void {
  for (let start = 0; start < real.length; start += 2 * half)
    for (let j = 0, t = 0; j < half; j += 1, t += stride) {
      const top = start + j;
      const bottom = top + half;
      const a = real[top] as number;
      const b = imaginary[top] as number;
      const c = real[bottom] as number;
      const d = imaginary[bottom] as number;
      const w = cosine[t] as number;
      const v = sine[t] as number;
      const e = c * w - d * v;
      const f = d * w + c * v;
      real[top] = a + e;
      imaginary[top] = b + f;
      real[bottom] = a - e;
      imaginary[bottom] = b - f;
    }
}
