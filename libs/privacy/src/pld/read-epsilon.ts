import type { TiltedSum } from './convolve.js';

/** The transform's error may take this part of delta; else another λ is needed. */
const ERROR_SHARE = 0.01;

/** What is certain beside the sum's finite losses. */
export interface ReadRequest {
  readonly sum: TiltedSum;
  readonly lambda: number;
  /** Least loss of the window. */
  readonly from: number;
  readonly h: number;
  /** Probability of losses without limit, and of those above the window. */
  readonly infinite: number;
  /** Delta that may be reached, already lowered by what rounding could hide. */
  readonly delta: number;
}

/**
 * Least ε ≥ 0 with δ(ε) ≤ delta, from the top of the window downwards. With A the probability above a point and G the
 * same, each loss l discounted by e^(point − l): δ = A − G, kept by a recurrence of positive terms, so that no digits
 * are lost. The transform's error counts at a point s at most error·e^(logScale − λs)/(λ + 1), since
 * (1 − e^−u)·e^(−λu) ≤ 1/(λ + 1).
 * @returns Infinity where delta cannot be reached; undefined where λ is too large: epsilon lies below the window, or the
 *   error counts too much there
 */
export function readEpsilon({ sum, lambda, from, h, infinite, delta }: ReadRequest): number | undefined {
  const { weighted, logScale, error } = sum;
  const size = weighted.length;
  if (!(infinite < delta)) return Number.POSITIVE_INFINITY;
  const top = Math.floor(from / h) + size - 1;
  const stay = Math.exp(-h);
  const leave = -Math.expm1(-h);
  let [finite, discounted] = [0, 0];
  for (let k = top; k > top - size; k -= 1) {
    const scale = Math.exp(logScale - lambda * k * h);
    const doubt = (error * scale) / (lambda + 1);
    // Now `finite` and `discounted` are those of point k: of all losses above it.
    if (finite + doubt + infinite > delta) return k === top ? Number.POSITIVE_INFINITY : between(k, finite, discounted);
    if (k < 0) return 0;
    const mass = Math.max(0, weighted[((k % size) + size) % size] as number) * scale;
    finite += leave * (mass + discounted);
    discounted = stay * (mass + discounted);
  }
  return undefined;

  /** δ at k·h + u, 0 ≤ u ≤ h, is that at k less (e^u − 1)·G; the doubt is the larger one, at k. */
  function between(k: number, deltaAt: number, discountedAt: number): number | undefined {
    const doubt = (error * Math.exp(logScale - lambda * k * h)) / (lambda + 1);
    if (doubt > delta * ERROR_SHARE) return undefined;
    const rise = Math.min(h, Math.log1p((deltaAt + doubt + infinite - delta) / discountedAt));
    return Math.max(0, k * h + rise);
  }
}
