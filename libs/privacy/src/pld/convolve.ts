import { multiplyByPower, type Complex } from './complex-power.js';
import { logMoment, type RepeatedDots } from './cumulants.js';
import { fourierTransform, partnerOf } from './fourier.js';

/** Weighted losses of a sum of steps on a grid that wraps around. */
export interface TiltedSum {
  /** Entry k mod size: probability of loss k·h times e^(λ·k·h − logScale). */
  readonly weighted: Float64Array;
  readonly logScale: number;
  /** Bound of the sum of the absolute errors of all entries. */
  readonly error: number;
}

/** A direction's parts and the λ that its losses are weighted with. */
export interface TiltedParts {
  readonly parts: readonly RepeatedDots[];
  readonly lambda: number;
}

const UNIT = 2 ** -53;

/**
 * The sums of both directions at once: one is the real, the other the imaginary part of one transform. Both have the
 * same mechanisms and steps.
 *
 * Error: √N·(T + 1)·log2(N)·8·2^-53·‖p‖₂ (PROTOCOL.md section 7), with the norm of both.
 * @param size - N, a power of two
 */
export function convolve(real: TiltedParts, imaginary: TiltedParts, size: number): readonly [TiltedSum, TiltedSum] {
  const transform = fourierTransform(size);
  let spectrum: readonly [Float64Array, Float64Array] | undefined;
  let [norm, steps] = [0, 0];
  const logScales = [0, 0];
  real.parts.forEach((part, index) => {
    const twin = imaginary.parts[index] ?? part;
    const first = tilted(part, real.lambda, size);
    const second = tilted(twin, imaginary.lambda, size);
    logScales[0] = (logScales[0] as number) + part.steps * first.logMoment;
    logScales[1] = (logScales[1] as number) + part.steps * second.logMoment;
    norm = Math.max(norm, Math.hypot(first.norm, second.norm));
    steps += part.steps;
    transform.forward(first.masses, second.masses);
    spectrum = multiplyPowers(spectrum, [first.masses, second.masses], part.steps);
  });
  const [re, im] = spectrum ?? [new Float64Array(size), new Float64Array(size)];
  transform.backward(re, im);
  const error = Math.sqrt(size) * (steps + 1) * Math.log2(size) * 8 * UNIT * norm;
  return [
    { weighted: divided(re, size), logScale: logScales[0] as number, error },
    { weighted: divided(im, size), logScale: logScales[1] as number, error },
  ];
}

function divided(values: Float64Array, size: number): Float64Array {
  for (let index = 0; index < size; index += 1) values[index] = (values[index] as number) / size;
  return values;
}

/** e^(λ·loss)·p/M, wrapped around; its sum is 1 up to rounding. */
function tilted({ dots }: RepeatedDots, lambda: number, size: number): { masses: Float64Array; logMoment: number; norm: number } {
  const moment = logMoment(dots, lambda);
  const masses = new Float64Array(size);
  const { h, first } = dots;
  for (let index = 0; index < dots.masses.length; index += 1) {
    const place = (((first + index) % size) + size) % size;
    masses[place] = (masses[place] as number) + (dots.masses[index] as number) * Math.exp(lambda * h * (first + index) - moment);
  }
  let squares = 0;
  for (const mass of masses) squares += mass * mass;
  return { masses, logMoment: moment, norm: Math.sqrt(squares) };
}

/**
 * Takes the two spectra apart (that of a real sequence is conjugate at −k), raises each to its power, multiplies them
 * onto what was there, and puts them together again.
 */
function multiplyPowers(
  before: readonly [Float64Array, Float64Array] | undefined,
  [re, im]: readonly [Float64Array, Float64Array],
  steps: number,
): readonly [Float64Array, Float64Array] {
  const first: Complex = { re: 1, im: 0 };
  const second: Complex = { re: 1, im: 0 };
  for (let place = 0; place < re.length; place += 1) {
    const partner = partnerOf(place);
    if (partner < place) continue;
    first.re = second.re = 1;
    first.im = second.im = 0;
    if (before !== undefined) takeApart(before[0], before[1], place, partner, 1, first, second);
    takeApart(re, im, place, partner, steps, first, second);
    re[place] = first.re - second.im;
    im[place] = first.im + second.re;
    re[partner] = first.re + second.im;
    im[partner] = second.re - first.im;
  }
  return [re, im];
}

function takeApart(
  re: Float64Array,
  im: Float64Array,
  place: number,
  partner: number,
  steps: number,
  first: Complex,
  second: Complex,
): void {
  const a = re[place] as number;
  const b = im[place] as number;
  const c = re[partner] as number;
  const d = im[partner] as number;
  multiplyByPower(first, (a + c) / 2, (b - d) / 2, steps);
  multiplyByPower(second, (b + d) / 2, (c - a) / 2, steps);
}
