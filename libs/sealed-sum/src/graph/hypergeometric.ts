/** A probability as an exact fraction. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * P[X ≥ atLeast] exactly, X the number of marked among `draws` different ones of `population`, of which `marked` are
 * marked.
 */
export function upperTail(population: number, marked: number, draws: number, atLeast: number): Fraction {
  let numerator = 0n;
  for (let hits = Math.max(0, atLeast); hits <= Math.min(marked, draws); hits++)
    numerator += binomial(marked, hits) * binomial(population - marked, draws - hits);
  return { numerator, denominator: binomial(population, draws) };
}

/** Whether times·probability ≤ 2^−bits, in integers. */
export function atMostTwoToMinus(bits: number, times: number, { numerator, denominator }: Fraction): boolean {
  return (numerator * BigInt(times)) << BigInt(bits) <= denominator;
}

const rows = new Map<number, readonly bigint[]>();

/** n over k; 0 outside the triangle. */
export function binomial(n: number, k: number): bigint {
  let row = rows.get(n);
  if (!row) {
    row = rowOf(n);
    rows.set(n, row);
  }
  return row[k] ?? 0n;
}

function rowOf(n: number): readonly bigint[] {
  const row = [1n];
  for (let k = 1; k <= n; k++) row.push(((row[k - 1] ?? 0n) * BigInt(n - k + 1)) / BigInt(k));
  return row;
}
