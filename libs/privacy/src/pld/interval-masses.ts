import { normalTail } from './normal-tail.js';

/** One sampled Gaussian step of sensitivity 1. */
export interface SampledStep {
  readonly q: number;
  readonly noiseMultiplier: number;
}

/** Some of them, independent. */
export interface RepeatedStep extends SampledStep {
  readonly steps: number;
}

/**
 * How probable it is that the loss ln(P/Q) of one step lies between neighbouring points of the grid k·h, under
 * P = (1 − q)·N(0, σ²) + q·N(1, σ²), the patient being there, and under Q = N(0, σ²).
 */
export interface IntervalMasses {
  readonly h: number;
  /** Grid number of the first boundary; interval i lies between first + i and first + i + 1. */
  readonly first: number;
  readonly present: Float64Array;
  readonly absent: Float64Array;
  /** Of losses below the first boundary and above the last. */
  readonly presentBelow: number;
  readonly presentAbove: number;
  readonly absentBelow: number;
  readonly absentAbove: number;
}

/** e^x of a larger loss would leave the range of doubles; such a mass counts as certain loss. */
const LARGEST_LOSS = 600;
/** Above this e^x − 1 + q and e^x differ by less than a double shows, or x could overflow. */
const LARGE = 30;

/** ln((1 − q) + q·e^((2x − 1)/2σ²)). */
export function lossAt(x: number, { q, noiseMultiplier }: SampledStep): number {
  const exponent = (2 * x - 1) / (2 * noiseMultiplier * noiseMultiplier);
  return exponent > LARGE ? Math.log(q) + exponent + Math.log1p(((1 - q) / q) * Math.exp(-exponent)) : Math.log1p(q * Math.expm1(exponent));
}

/** The outcome of that loss; −∞ for losses that no outcome has. */
export function outcomeAt(loss: number, { q, noiseMultiplier }: SampledStep): number {
  const variance = noiseMultiplier * noiseMultiplier;
  if (loss > LARGE) return variance * (loss - Math.log(q) + Math.log1p((q - 1) * Math.exp(-loss))) + 0.5;
  const odds = Math.expm1(loss) / q;
  return odds <= -1 ? Number.NEGATIVE_INFINITY : variance * Math.log1p(odds) + 0.5;
}

/** Grid numbers of the first and the last boundary. */
function boundaries(step: SampledStep, h: number, deviations: number): readonly [first: number, last: number] {
  const reach = deviations * step.noiseMultiplier;
  const first = Math.floor(Math.max(-LARGEST_LOSS, lossAt(-reach, step)) / h);
  return [first, Math.max(first + 1, Math.ceil(Math.min(LARGEST_LOSS, lossAt(1 + reach, step)) / h))];
}

/** How many intervals `intervalMasses` would make. */
export function intervalCount(step: SampledStep, h: number, deviations: number): number {
  const [first, last] = boundaries(step, h, deviations);
  return last - first;
}

/** @param deviations - outcomes further out than so many σ lie in the tails */
export function intervalMasses(step: SampledStep, h: number, deviations: number): IntervalMasses {
  const [first, last] = boundaries(step, h, deviations);
  const present = new Float64Array(last - first);
  const absent = new Float64Array(last - first);
  let lower = boundaryAt(first * h, step);
  const [absentBelow, shiftedBelow] = [below(lower.z0, lower.tail0), below(lower.z1, lower.tail1)];
  for (let k = first + 1; k <= last; k += 1) {
    const upper = boundaryAt(k * h, step);
    const mass0 = between(lower.z0, lower.tail0, upper.z0, upper.tail0);
    const mass1 = between(lower.z1, lower.tail1, upper.z1, upper.tail1);
    absent[k - 1 - first] = mass0;
    present[k - 1 - first] = (1 - step.q) * mass0 + step.q * mass1;
    lower = upper;
  }
  const [absentAbove, shiftedAbove] = [above(lower.z0, lower.tail0), above(lower.z1, lower.tail1)];
  return {
    h,
    first,
    present,
    absent,
    presentBelow: (1 - step.q) * absentBelow + step.q * shiftedBelow,
    presentAbove: (1 - step.q) * absentAbove + step.q * shiftedAbove,
    absentBelow,
    absentAbove,
  };
}

/** A boundary in deviations from both means, with the smaller tail beyond each. */
function boundaryAt(loss: number, step: SampledStep): { z0: number; tail0: number; z1: number; tail1: number } {
  const x = outcomeAt(loss, step);
  const [z0, z1] = [x / step.noiseMultiplier, (x - 1) / step.noiseMultiplier];
  return { z0, tail0: tailOf(z0), z1, tail1: tailOf(z1) };
}

function tailOf(z: number): number {
  return Number.isFinite(z) ? normalTail(Math.abs(z)) : 0;
}

function above(z: number, tail: number): number {
  return z >= 0 ? tail : 1 - tail;
}

function below(z: number, tail: number): number {
  return z <= 0 ? tail : 1 - tail;
}

/** Always a difference of the smaller tails, so that far intervals keep their digits. */
function between(z: number, tail: number, upperZ: number, upperTail: number): number {
  if (z >= 0) return Math.max(0, tail - upperTail);
  if (upperZ <= 0) return Math.max(0, upperTail - tail);
  return Math.max(0, 1 - tail - upperTail);
}
