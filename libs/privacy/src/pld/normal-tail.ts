/**
 * Chebyshev coefficients of (1 + 2x)·e^(x²)·erfc(x) in t = (x − 3.75)/(x + 3.75), 0 ≤ x ≤ ∞ (the form of Schonfelder,
 * Math. Comp. 32, 1978), computed with 40 digits; those left out are below 2.2e-18.
 */
const COEFFICIENTS = [
  1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753, 0.009074997670705265,
  -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5, 4.13902798607301e-6, 7.74038306619849e-7, -2.1886401049234397e-7,
  1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10, -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13,
  -9.65469674843344e-13, 3.25254814814874e-14, 3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15,
  7.418235256624044e-17, 5.068148904796111e-17, -2.237056659436e-18, -2.187342944303018e-18,
];
const CENTRE = 3.75;
/** Splits a double below 64 so that the square of the upper part is exact. */
const SPLIT = 2 ** 20;

/** e^(z²/2) times the upper tail of the normal distribution at z ≥ 0: at most 1/2, falls like 1/z, never underflows. */
export function scaledTail(z: number): number {
  const x = z * Math.SQRT1_2;
  const t = 1 - (2 * CENTRE) / (x + CENTRE);
  let last = 0;
  let current = 0;
  for (let index = COEFFICIENTS.length - 1; index > 0; index -= 1) {
    const next = 2 * t * current - last + (COEFFICIENTS[index] as number);
    last = current;
    current = next;
  }
  return (t * current - last + (COEFFICIENTS[0] as number)) / (2 + 4 * x);
}

/** e^(−z²/2) to a few units in the last place: z² is split so that its rounding does not reach the exponent. */
export function halfSquareExponential(z: number): number {
  const high = Math.round(z * SPLIT) / SPLIT;
  return Math.abs(z) > 40 ? 0 : Math.exp(-(high * high) / 2) * Math.exp(-((z - high) * (z + high)) / 2);
}

/** Upper tail of the normal distribution at z ≥ 0, erfc(z/√2)/2, with a relative error below 1e-15 down to the smallest doubles. */
export function normalTail(z: number): number {
  return halfSquareExponential(z) * scaledTail(z);
}
