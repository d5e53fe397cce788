/** Error of a sum of a few terms, in units of the largest. */
const ROUNDING = 2 ** -50;

/**
 * The epsilon that a Rényi divergence at one order gives for delta, not below 0 and rounded up:
 * ε(α) + ln((α − 1)/α) − (ln δ + ln α)/(α − 1) (Canonne, Kamath, Steinke 2020, Proposition 12).
 * @param divergence - ε(α), an upper bound
 */
export function epsilonAtOrder(order: number, divergence: number, delta: number): number {
  const loss = -(Math.log(delta) + Math.log(order)) / (order - 1);
  const gain = Math.log1p(-1 / order);
  const rounding = ROUNDING * (divergence + Math.abs(gain) + (Math.log(order) - Math.log(delta)) / (order - 1));
  return Math.max(0, divergence + gain + loss) + rounding;
}
