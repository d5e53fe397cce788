/** π in three parts; the first two have 30 bits each, so that their products with a whole number below 2^22 are exact. */
const PI_HIGH = Math.round(Math.PI * 2 ** 28) / 2 ** 28;
const PI_MIDDLE = Math.round((Math.PI - PI_HIGH) * 2 ** 59) / 2 ** 59;
/** π − PI_HIGH − PI_MIDDLE, where 1.2246467991473532e-16 is π − Math.PI. */
const PI_LOW = Math.PI - PI_HIGH - PI_MIDDLE + 1.2246467991473532e-16;

/** cos and sin of 2πk/size, k < size/2. */
export interface Twiddles {
  readonly size: number;
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
}

/**
 * Each number is computed by itself from an argument with twice a double's digits, none by recurrence, and lies within
 * one unit in its last place (the error term of the transform, PROTOCOL.md section 7, counts on that).
 * @param size - a power of two, 8 to 2^22
 */
export function twiddles(size: number): Twiddles {
  const half = size / 2;
  const quarter = size / 4;
  const cosine = new Float64Array(half);
  const sine = new Float64Array(half);
  for (let k = 0; k <= size / 8; k += 1) {
    const [c, s] = cosineAndSine(k, half);
    cosine[k] = c;
    sine[k] = s;
    cosine[quarter - k] = s;
    sine[quarter - k] = c;
  }
  for (let k = 1; k < quarter; k += 1) {
    cosine[half - k] = -(cosine[k] as number);
    sine[half - k] = sine[k] as number;
  }
  return { size, cosine, sine };
}

/** At πk/half, an angle of at most π/4. */
function cosineAndSine(k: number, half: number): readonly [number, number] {
  const high = (k * PI_HIGH) / half;
  const rest = (k * PI_MIDDLE) / half + (k * PI_LOW) / half;
  const angle = high + rest;
  const error = rest - (angle - high);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c - error * s, s + error * c];
}
