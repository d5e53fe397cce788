/** What one output place takes from the input: from `first` on, one weight a place; the weights add up to 1. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

const limited = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** Two neighbours by distance, pixel centres at half places, edges repeated. */
function bilinearTaps(from: number, to: number, place: number): Taps {
  const at = limited(((place + 0.5) * from) / to - 0.5, from - 1);
  const first = Math.min(Math.floor(at), Math.max(0, from - 2));
  return from === 1 ? { first: 0, weights: [1] } : { first, weights: [1 - (at - first), at - first] };
}

/** Every input place by the share of the output place that it covers. */
function areaTaps(from: number, to: number, place: number): Taps {
  const start = (place * from) / to;
  const end = ((place + 1) * from) / to;
  const first = Math.floor(start);
  const last = limited(Math.ceil(end), from);
  const weights = Array.from({ length: last - first }, (_, index) => {
    const covered = Math.min(end, first + index + 1) - Math.max(start, first + index);
    return covered / (end - start);
  });
  return { first, weights };
}

const TAPS = { area: areaTaps, bilinear: bilinearTaps };

interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * Brings an image to another size, rows and columns apart, in double precision. `area` averages what falls under an
 * output pixel: right for making images smaller. `bilinear` reads between neighbours and does not smooth: right for sizes
 * that are near. Proportions are not kept.
 * @param pixels - height × width × channels, row-major
 */
export function resample(
  pixels: Float32Array,
  from: Size,
  to: Size,
  channels: number,
  rule: 'area' | 'bilinear',
): Float32Array<ArrayBuffer> {
  const taps = TAPS[rule];
  const across = Array.from({ length: to.width }, (_, place) => taps(from.width, to.width, place));
  const down = Array.from({ length: to.height }, (_, place) => taps(from.height, to.height, place));
  // Plain loops: this is where a large image spends its time.
  const narrow = new Float64Array(from.height * to.width * channels);
  for (let row = 0; row < from.height; row += 1)
    for (const [column, { first, weights }] of across.entries())
      for (let channel = 0; channel < channels; channel += 1) {
        const start = (row * from.width + first) * channels + channel;
        let sum = 0;
        for (let index = 0; index < weights.length; index += 1) sum += (weights[index] ?? 0) * (pixels[start + index * channels] ?? 0);
        narrow[(row * to.width + column) * channels + channel] = sum;
      }
  const result = new Float32Array(to.height * to.width * channels);
  const line = to.width * channels;
  for (const [row, { first, weights }] of down.entries())
    for (let at = 0; at < line; at += 1) {
      let sum = 0;
      for (let index = 0; index < weights.length; index += 1) sum += (weights[index] ?? 0) * (narrow[(first + index) * line + at] ?? 0);
      result[row * line + at] = sum;
    }
  return result;
}
