/** An epsilon as people read it: four significant digits, rounded up, never down. */
export function epsilonText(epsilon: number | 'unbounded'): string {
  if (epsilon === 'unbounded') return 'unbounded';
  if (epsilon === 0) return '0';
  const step = 10 ** (Math.floor(Math.log10(epsilon)) - 3);
  const rounded = Math.ceil(epsilon / step - 1e-9) * step;
  return String(Number(rounded.toPrecision(4)));
}
