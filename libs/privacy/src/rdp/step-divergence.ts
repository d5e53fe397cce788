import type { GaussianSteps } from '../events/gaussian-steps.js';

/** Above this e^x overflows or expm1(x) has lost its −1: the logarithm of e^x − 1 is taken instead. */
const LARGE = 30;

/**
 * Rényi divergence of order α of one step, rounded to nearest (`divergence` rounds up).
 * q = 1: α/(2·nm²) for real α. q < 1: integer α only, log1p(Σ_{k≥2} C(α,k)(1−q)^(α−k)q^k·expm1(k(k−1)/(2nm²)))/(α − 1)
 * (Mironov, Talwar, Zhang 2019, section 3.3, in the positive form of PROTOCOL.md section 6). That is the direction
 * "add"; "remove" never exceeds it.
 * @param order - α > 1, an integer where q < 1
 */
export function stepDivergence(order: number, { q, noiseMultiplier }: GaussianSteps): number {
  const precision = 1 / (2 * noiseMultiplier * noiseMultiplier);
  if (q === 1) return order * precision;
  const logStay = Math.log1p(-q);
  const logOdds = Math.log(q) - logStay;
  let logBinomial = Math.log(order);
  let largest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let k = 2; k <= order; k += 1) {
    logBinomial += Math.log((order - k + 1) / k);
    const term = logBinomial + k * logOdds + logExpm1(k * (k - 1) * precision);
    if (term > largest) {
      sum = sum * Math.exp(largest - term) + 1;
      largest = term;
    } else sum += Math.exp(term - largest);
  }
  const logSum = largest + Math.log(sum) + order * logStay;
  return (logSum > LARGE ? logSum + Math.log1p(Math.exp(-logSum)) : Math.log1p(Math.exp(logSum))) / (order - 1);
}

function logExpm1(x: number): number {
  return x > LARGE ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}
