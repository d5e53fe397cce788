import { halfSquareExponential, scaledTail } from './normal-tail.js';

/** Of a difference of two tails, relative to the larger. */
const ROUNDING = 2 ** -48;

/**
 * Delta of the Gaussian mechanism of sensitivity 1 and deviation 1/μ at ε ≥ 0, rounded up:
 * Φ(μ/2 − ε/μ) − e^ε·Φ(−μ/2 − ε/μ) (Balle and Wang 2018, Theorem 8), written so that e^ε never overflows.
 */
export function gaussianDelta(mu: number, epsilon: number): number {
  const low = epsilon / mu - mu / 2;
  const high = epsilon / mu + mu / 2;
  const density = halfSquareExponential(low);
  const first = low >= 0 ? density * scaledTail(low) : 1 - density * scaledTail(-low);
  return first - density * scaledTail(high) + ROUNDING * first * (1 + low * low);
}

/**
 * Least ε of the Gaussian mechanism for delta, rounded up. Steps without sampling compose to one such mechanism, exactly.
 * @param mu - sensitivity over deviation
 */
export function gaussianEpsilon(mu: number, delta: number): number {
  if (gaussianDelta(mu, 0) <= delta) return 0;
  let [low, high] = [0, mu];
  while (gaussianDelta(mu, high) > delta && Number.isFinite(high)) [low, high] = [high, high * 2];
  for (let step = 0; step < 100 && high - low > high * 2 ** -50; step += 1) {
    const middle = (low + high) / 2;
    if (gaussianDelta(mu, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}
