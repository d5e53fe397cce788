import { figure, meanOf, NO_PATIENTS, share, type Figure, type Values } from './figure.js';
import { FIXED_POINT, GROUP_COUNTS } from './metric-counts.js';
import type { Counted, Family, OutcomeMetrics, Read } from './families.js';

const [PATIENTS, LOSS] = GROUP_COUNTS;
const FAMILY = { support: 0, near: 1 } as const;

/** Sums over patients; lengths in units of range/2^20 from the lowest value of the range, squares in range²/2^20. */
const SUMS = ['absoluteError', 'squaredError', 'outcomeSum', 'outcomeSquares'] as const;
const DEVIANCE = 'deviance';
const NEAR = ['within20', 'beyond20'] as const;

/** A prediction further outside the declared range than the range is wide counts as that far: sums stay within their lanes. */
export function boundedPrediction([low, high]: readonly [number, number], predicted: number): number {
  const width = high - low;
  return Math.min(high + width, Math.max(low - width, predicted));
}

/**
 * Of a quantity or a count, in the outcome's own unit: mean absolute error, root mean squared error, R², the share of
 * patients whose error is at most 20 % of the true value; of a count the mean Poisson deviance.
 */
export function quantityMetrics(range: readonly [number, number], type: 'number' | 'count'): OutcomeMetrics {
  const width = range[1] - range[0];
  const near = type === 'number' ? NEAR : [];
  const sums = type === 'count' ? [...SUMS, DEVIANCE] : SUMS;
  const signed = (read: Read, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, read(name)]));
  const families = ({ read }: Counted): readonly Family[] => [
    { cells: [read(PATIENTS)], after: [], signed: signed(read, [PATIENTS, LOSS, ...sums]) },
    ...(near.length === 0 ? [] : [{ cells: near.map(read), after: [FAMILY.support], signed: signed(read, near) }]),
  ];
  const figures = (values: Values, _: 'overall' | 'level', noise: number): readonly Figure[] => {
    const n = values(PATIENTS);
    const [absolute, squared, sum, squares] = SUMS.map(values) as [
      ReturnType<Values>,
      ReturnType<Values>,
      ReturnType<Values>,
      ReturnType<Values>,
    ];
    const length = width / FIXED_POINT;
    const area = (width * width) / FIXED_POINT;
    return [
      figure('meanAbsoluteError', [absolute, squared, n], (error, square, patients) => {
        const found = meanOf(error * length, patients, square * area);
        return typeof found === 'string' || noise === 0
          ? found
          : { value: found.value, standardError: Math.hypot(found.standardError ?? 0, (noise * width) / patients) };
      }),
      figure('rootMeanSquaredError', [squared, n], (square, patients) =>
        patients > 0 ? { value: Math.sqrt((square * area) / patients) } : NO_PATIENTS,
      ),
      figure('rSquared', [squared, sum, squares, n], (square, total, totalSquares, patients) => {
        if (!(patients > 0)) return NO_PATIENTS;
        const spread = totalSquares / FIXED_POINT - (total / FIXED_POINT) ** 2 / patients;
        return spread > 1e-9 * patients ? { value: 1 - square / FIXED_POINT / spread } : 'not defined: all outcomes are the same';
      }),
      ...(near.length === 0
        ? []
        : [figure('within20Percent', [values('within20'), values('beyond20')], (yes, no) => share(yes, yes + no, noise, NO_PATIENTS))]),
      ...(type === 'count'
        ? [figure('meanDeviance', [values(DEVIANCE), n], (deviance, patients) => meanOf(deviance / FIXED_POINT, patients))]
        : []),
    ];
  };
  return { overall: [...sums, ...near], level: [...sums, ...near], families, details: () => ({}), figures };
}
