/** A place for the results of {@link multiplyByPower}: hot loops make no garbage. */
export interface Complex {
  re: number;
  im: number;
}

/** result ← result·(re + i·im)^steps, by squaring: at most 2·log2(steps) products. */
export function multiplyByPower(result: Complex, re: number, im: number, steps: number): void {
  let a = result.re;
  let b = result.im;
  let c = re;
  let d = im;
  let rest = steps;
  for (;;) {
    if (rest % 2 === 1) {
      const real = a * c - b * d;
      b = a * d + b * c;
      a = real;
    }
    rest = Math.floor(rest / 2);
    // Far below the smallest error that is counted; smaller numbers would be slow.
    if (rest === 0) break;
    const real = c * c - d * d;
    d = 2 * c * d;
    c = real;
    if (c * c + d * d < 1e-100) {
      a = 0;
      b = 0;
      break;
    }
  }
  result.re = a;
  result.im = b;
}
