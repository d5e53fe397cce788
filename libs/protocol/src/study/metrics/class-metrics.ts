import { nameRun } from '../count-names.js';
import { hiddenGroups, type Floor } from './cell-floor.js';
import { figure, meanOf, NO_PATIENTS, share, type Figure, type Values } from './figure.js';
import { GROUP_COUNTS } from './metric-counts.js';
import type { Counted, Family, OutcomeMetrics, Read, Signed } from './families.js';

/** Classes up to which the whole confusion matrix is counted; above it, how often each class was found. */
export const MOST_MATRIX_CLASSES = 20;

const [PATIENTS, LOSS] = GROUP_COUNTS;
const FAMILY = { support: 0, rightness: 1 } as const;

/** Whether a study counts the whole matrix of a number of classes. */
export const hasMatrix = (classes: number): boolean => classes <= MOST_MATRIX_CLASSES;

/** Name of the cell of a class and of what the model called it, both as places. */
export const matrixName = (classes: number, truth: number, called: number): string => `confusion${truth * classes + called}`;

/**
 * Of one of several classes or levels: how often the model was right, the sensitivity of each class, the confusion matrix;
 * of levels in order also the mean distance in ranks.
 *
 * A class is shown where at least 10 patients of it were called right and 10 wrong; a cell of its row where it has 10
 * patients. Whatever would follow from the totals of a row or of all classes is held back as well ({@link hiddenGroups}).
 */
export function classMetrics(levels: readonly string[], type: 'class' | 'ordinal'): OutcomeMetrics {
  const places = levels.map((_, place) => place);
  const matrix = hasMatrix(levels.length);
  const ranks = type === 'ordinal' ? ['rankError'] : [];
  const row = (read: Read, truth: number): readonly bigint[] => places.map((called) => read(matrixName(levels.length, truth, called)));
  const right = (read: Read, truth: number): bigint => (matrix ? (row(read, truth)[truth] ?? 0n) : read(`right${truth}`));
  const total = (numbers: readonly bigint[]): bigint => numbers.reduce((sum, number) => sum + number, 0n);
  const wrong = (read: Read, truth: number): bigint => (matrix ? total(row(read, truth)) - right(read, truth) : read(`wrong${truth}`));

  const families = ({ read, group }: Counted): readonly Family[] => {
    const sum = (of: (read: Read, truth: number) => bigint, name: string) =>
      group === 'level' ? read(name) : total(places.map((place) => of(read, place)));
    const correct = sum(right, 'correct');
    const missed = sum(wrong, 'wrong');
    return [
      { cells: [read(PATIENTS)], after: [], signed: { [PATIENTS]: read(PATIENTS), [LOSS]: read(LOSS) } },
      {
        cells: [correct, missed],
        after: [FAMILY.support],
        signed: { correct, wrong: missed, ...Object.fromEntries(ranks.map((name) => [name, read(name)])) },
      },
    ];
  };

  const details = (read: Read, floor: Floor, shown: (family: number) => boolean): Signed => {
    const classes = places.map((place) => [right(read, place), wrong(read, place)] as const);
    const supports = classes.map((cells) => [total(cells)] as const);
    const all = new Set(places);
    const small = shown(FAMILY.support) ? hiddenGroups(supports, floor) : all;
    const hidden = shown(FAMILY.rightness) ? hiddenGroups(classes, floor, small) : all;
    const signed: Record<string, bigint | null> = {};
    for (const truth of places) {
      const [found, missed] = classes[truth] ?? [0n, 0n];
      signed[`support${truth}`] = small.has(truth) ? null : found + missed;
      signed[`right${truth}`] = hidden.has(truth) ? null : found;
      signed[`wrong${truth}`] = hidden.has(truth) ? null : missed;
      if (!matrix) continue;
      const others = places.filter((called) => called !== truth);
      const cells = row(read, truth);
      // The total of these is known: it is `wrong`.
      const unseen = hidden.has(truth)
        ? new Set(others.keys())
        : hiddenGroups(
            others.map((called) => [cells[called] ?? 0n]),
            floor,
          );
      for (const [index, called] of others.entries())
        signed[matrixName(levels.length, truth, called)] = unseen.has(index) ? null : (cells[called] ?? 0n);
    }
    return signed;
  };

  const figures = (values: Values, group: 'overall' | 'level', noise: number): readonly Figure[] => [
    figure('accuracy', [values('correct'), values('wrong')], (yes, no) => share(yes, yes + no, noise, NO_PATIENTS)),
    ...ranks.map((name) => figure('meanRankError', [values(name), values(PATIENTS)], (sum, patients) => meanOf(sum, patients))),
    ...(group === 'level'
      ? []
      : levels.map((level, place) =>
          figure(`sensitivity: ${level}`, [values(`right${place}`), values(`wrong${place}`)], (yes, no) =>
            share(yes, yes + no, noise, 'not defined: no patients of this class'),
          ),
        )),
  ];

  return {
    overall: [
      ...(matrix ? [nameRun('confusion', levels.length ** 2)] : [nameRun('right', levels.length), nameRun('wrong', levels.length)]),
      ...ranks,
    ],
    level: ['correct', 'wrong', ...ranks],
    families,
    details,
    figures,
  };
}

/** The matrix in signed totals: rows are true classes; null where a cell is held back. Nothing for too many classes. */
export function confusionMatrix(classes: number, values: Values): readonly (readonly (number | null)[])[] | undefined {
  if (!hasMatrix(classes)) return undefined;
  const places = Array.from({ length: classes }, (_, place) => place);
  return places.map((truth) =>
    places.map((called) => values(called === truth ? `right${truth}` : matrixName(classes, truth, called)) ?? null),
  );
}
