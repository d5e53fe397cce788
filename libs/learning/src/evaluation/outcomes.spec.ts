import type { Rows } from '@consilium/cohort';
import {
  CohortSchema,
  expandNames,
  figureValue,
  metricPlan,
  noisyPlan,
  publishedTotals,
  SCORE_UNIT,
  studyMetrics,
  tableCounts,
  type MeasuredStudy,
} from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sequence } from '../../test/small-world.js';
import { patientsFrom } from './evaluated-patients.js';
import { groupCounts } from './group-counts.js';

const OUTCOMES = {
  binary: { column: 'y', positive: '> 0' },
  class: { type: 'class', column: 'y', levels: ['a', 'b', 'c'] },
  ordinal: { type: 'ordinal', column: 'y', levels: ['low', 'middle', 'high', 'top'] },
  number: { type: 'number', column: 'y', range: [0, 100], transform: 'sqrt', scale: 2 },
  count: { type: 'count', column: 'y', range: [0, 20] },
  cox: { type: 'survival', column: 't', range: [0, 10], event: { column: 'd', positive: '= 1' } },
  survival: { type: 'survival', column: 't', range: [0, 10], event: { column: 'd', positive: '= 1' }, intervals: [2, 4, 8] },
} as const;
type Kind = keyof typeof OUTCOMES;
const KINDS = Object.keys(OUTCOMES) as Kind[];
const WIDTH: Readonly<Record<Kind, number>> = { binary: 1, class: 3, ordinal: 3, number: 1, count: 1, cox: 1, survival: 3 };
const TRUTH: Readonly<Record<Kind, (random: number) => number>> = {
  binary: (random) => (random > 0.5 ? 1 : 0),
  class: (random) => Math.floor(random * 3),
  ordinal: (random) => Math.floor(random * 4),
  number: (random) => Math.sqrt(random * 100) / 2,
  count: (random) => Math.floor(random * 8),
  cox: (random) => (random > 0.4 ? 1 : -1) * (0.5 + Math.floor(random * 9)),
  survival: (random) => (random > 0.4 ? 1 : -1) * (0.5 + Math.floor(random * 9)),
};

/** Inputs: sex (one 0/1 column), then age in decades from 50 with a missing flag. */
function measured(kind: Kind): MeasuredStudy {
  const cohort = CohortSchema.parse({
    name: 'test',
    outcome: OUTCOMES[kind],
    inputs: { sex: { levels: ['F', 'M'] }, age: { range: [18, 100], center: 50, scale: 10, impute: 'center', missingFlag: true } },
    split: { byPatient: { test: 0.5 } },
  });
  return {
    cohort,
    metrics: {
      subgroups: [
        { input: 'sex', cuts: undefined },
        { input: 'age', cuts: [40, 60] },
      ],
    },
  };
}

function world(kind: Kind, patients: number, seed = 3) {
  const next = sequence(seed);
  const study = measured(kind);
  const x = Float32Array.from({ length: patients * 3 }, (_, place) => {
    const random = next();
    return place % 3 === 0
      ? random > 0.5
        ? 1
        : 0
      : place % 3 === 1
        ? Math.fround((18 + Math.floor(random * 82) - 50) / 10)
        : random > 0.9
          ? 1
          : 0;
  });
  const rows: Rows = {
    x,
    y: Float32Array.from({ length: patients }, () => TRUTH[kind](next())),
    patients: Int32Array.from({ length: patients }, (_, patient) => patient),
    patientCount: patients,
  };
  const outputs = {
    values: Float32Array.from({ length: patients * WIDTH[kind] }, () => (kind === 'number' ? next() * 5 : next() * 4 - 2)),
    width: WIDTH[kind],
  };
  const plan = metricPlan(study);
  const found = patientsFrom(study.cohort.outcome, outputs, rows, plan.subgroups);
  return { study, plan, rows, outputs, found };
}

/** The sums of one site over all patients and each level, as whole numbers. */
function countsOf({ plan, found }: ReturnType<typeof world>): Record<string, bigint> {
  const everybody = [...found.truth.keys()];
  const whole = (prefix: string, sums: Readonly<Record<string, number>>) =>
    Object.entries(sums).map(([name, value]) => [`${prefix}${name}`, BigInt(Math.round(value))] as const);
  return Object.fromEntries([
    ...whole('', groupCounts(plan.outcome, found, everybody, 'overall')),
    ...plan.subgroups.flatMap((subgroup, place) =>
      subgroup.levels.flatMap((_, level) =>
        whole(
          `${subgroup.input}.${level}/`,
          groupCounts(
            plan.outcome,
            found,
            everybody.filter((patient) => found.levels[place]![patient] === level),
            'level',
          ),
        ),
      ),
    ),
  ]);
}

const figuresOf = (one: ReturnType<typeof world>) =>
  studyMetrics({ ...one.study, derived: {} }, publishedTotals(one.plan, countsOf(one)), 1);

describe('what is measured of each kind of outcome', () => {
  it.each(KINDS)('%s: every name that is counted has its place in the sum', (kind) => {
    const one = world(kind, 200);
    const names = new Set(expandNames(one.plan.names));
    expect(Object.keys(countsOf(one)).filter((name) => !names.has(name))).toEqual([]);
    expect(one.found.loss.every((loss) => loss >= 0 && Number.isFinite(loss))).toBe(true);
  });

  it.each(KINDS)('%s: levels of a subgroup add up to everybody', (kind) => {
    const counts = countsOf(world(kind, 200));
    const over = (input: string, levels: number) =>
      Array.from({ length: levels }, (_, level) => counts[`${input}.${level}/testPatients`] ?? 0n).reduce((a, b) => a + b);
    expect([over('sex', 2), over('age', 4)]).toEqual([200n, 200n]);
  });

  it('number: errors in the own unit of the outcome, by the inverse of its transform', () => {
    const one = world('number', 500);
    const errors = Array.from(one.found.truth, (truth, patient) => {
      const predicted = Math.max(0, one.outputs.values[patient]! * 2) ** 2;
      return { truth, error: Math.abs(predicted - truth) };
    });
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    const metrics = figuresOf(one);
    const centre = mean(errors.map(({ truth }) => truth));
    const spread = mean(errors.map(({ truth }) => (truth - centre) ** 2));
    const square = mean(errors.map(({ error }) => error ** 2));
    expect(figureValue(metrics.figures, 'meanAbsoluteError')).toBeCloseTo(mean(errors.map(({ error }) => error)), 5);
    expect(figureValue(metrics.figures, 'rootMeanSquaredError')).toBeCloseTo(Math.sqrt(square), 4);
    expect(figureValue(metrics.figures, 'rSquared')).toBeCloseTo(1 - square / spread, 4);
    expect(figureValue(metrics.figures, 'within20Percent')).toBeCloseTo(
      mean(errors.map(({ truth, error }) => (error <= truth / 5 ? 1 : 0))),
      9,
    );
  });

  it('ordinal: the mean distance in ranks, and the confusion matrix', () => {
    const one = world('ordinal', 800);
    const metrics = figuresOf(one);
    const called = (patient: number) => Array.from(one.outputs.values.subarray(patient * 3, patient * 3 + 3)).filter((z) => z >= 0).length;
    const distances = Array.from(one.found.truth, (truth, patient) => Math.abs(truth - called(patient)));
    expect(figureValue(metrics.figures, 'meanRankError')).toBeCloseTo(distances.reduce((a, b) => a + b) / 800, 9);
    expect(metrics.confusion.flat().filter((cell) => cell !== null)).toHaveLength(16);
    expect(metrics.confusion.flat().reduce<number>((sum, cell) => sum + (cell ?? 0), 0)).toBe(800);
  });

  it('class: the likeliest class, and the sensitivity of each', () => {
    const one = world('class', 600);
    const metrics = figuresOf(one);
    const right = Array.from(one.found.truth, (truth, patient) => {
      const own = Array.from(one.outputs.values.subarray(patient * 3, patient * 3 + 3));
      return own.indexOf(Math.max(...own)) === truth ? 1 : 0;
    });
    expect(figureValue(metrics.figures, 'accuracy')).toBeCloseTo(right.reduce<number>((a, b) => a + b, 0) / 600, 9);
    expect(metrics.figures.map(({ name }) => name)).toContain('sensitivity: b');
  });

  it('puts a patient whose age is missing into a level of its own, and one at a cut above it', () => {
    const { plan } = world('binary', 1);
    const [, age] = plan.subgroups;
    expect(age?.levels).toEqual(['< 40', '40 to < 60', '≥ 60', 'missing']);
    const levelOf = (years: number, missing = 0) => age!.levelOf(Float32Array.of(0, (years - 50) / 10, missing));
    expect([levelOf(39.9), levelOf(40), levelOf(59.9), levelOf(60), levelOf(99), levelOf(50, 1)]).toEqual([0, 1, 1, 2, 2, 3]);
  });
});

describe('the table of gaps', () => {
  it('names the levels that are furthest apart, and says when it cannot tell', () => {
    const metrics = figuresOf(world('binary', 400));
    const [sex] = metrics.subgroups;
    const accuracy = sex!.gaps.find(({ figure }) => figure === 'accuracy')!;
    const values = sex!.levels.map(({ figures }) => figureValue(figures, 'accuracy')!);
    expect(accuracy.gap).toBeCloseTo(Math.abs(values[0]! - values[1]!), 9);
    expect(accuracy.standardError).toBeCloseTo(Math.sqrt(0.25 / 200 + 0.25 / 200), 2);
    // Outcomes are coin tosses: no level is better served.
    expect(accuracy.verdict).toBe('cannot tell');
  });

  it('has no gap where one level is left', () => {
    const metrics = figuresOf(world('binary', 12));
    expect(metrics.subgroups.flatMap(({ gaps }) => gaps).every(({ gap, verdict }) => gap === null && verdict === 'cannot tell')).toBe(true);
    expect(metrics.subgroups[1]!.gaps[0]!.reason).toBe('0 of 4 levels have this figure: at least 2 are needed');
  });
});

describe('tables with noise', () => {
  it('hold one cell a patient and table: one who comes or goes moves as many cells by 1 as there are tables', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS.filter((kind) => kind !== 'cox')),
        fc.integer({ min: 2, max: 40 }),
        fc.nat(39),
        (kind, patients, gone) => {
          const one = world(kind, patients);
          const plan = noisyPlan(one.study)!;
          const without = { ...one.found };
          const left = [...one.found.truth.keys()].filter((patient) => patient !== gone % patients);
          const keep = (values: Float64Array) => Float64Array.from(left, (patient) => values[patient] ?? Number.NaN);
          const fewer = {
            ...without,
            count: patients - 1,
            truth: keep(one.found.truth),
            predicted: keep(one.found.predicted),
            byHorizon: keep(one.found.byHorizon),
            levels: one.found.levels.map((levels) => Uint8Array.from(left, (patient) => levels[patient]!)),
          };
          const [all, rest] = [tableCounts(plan, one.found), tableCounts(plan, fewer)];
          const moved = all.map((count, cell) => count - rest[cell]!);
          expect(moved.filter((by) => by !== 0)).toEqual(Float64Array.from({ length: plan.tables }, () => 1));
          expect(moved.reduce((sum, by) => sum + by * by, 0)).toBe(3);
          expect(all).toHaveLength(expandNames(plan.names).length);
        },
      ),
    );
  });

  it('take a patient of whom the model says nothing finite, so that taking part depends on no patient', () => {
    for (const kind of KINDS.filter((each) => each !== 'cox')) {
      const one = world(kind, 5);
      const nothing = patientsFrom(
        one.study.cohort.outcome,
        { values: new Float32Array(5 * WIDTH[kind]).fill(Number.NaN), width: WIDTH[kind] },
        one.rows,
        one.plan.subgroups,
      );
      expect(tableCounts(noisyPlan(one.study)!, nothing).reduce((a, b) => a + b)).toBe(15);
    }
  });

  it.each(['binary', 'class', 'ordinal'] as const)('%s: figures are those without noise, where the noise is none', (kind) => {
    const one = world(kind, 2_000);
    const plan = noisyPlan(one.study)!;
    const counts = tableCounts(plan, one.found);
    const totals = Object.fromEntries(expandNames(plan.names).map((name, cell) => [name, String(counts[cell]! * SCORE_UNIT)]));
    const noisy = studyMetrics({ ...one.study, derived: { noise: { tableVariance: 0 } } }, totals, 3);
    const exact = figuresOf(one);
    expect(noisy.support).toBe(2_000);
    for (const name of ['accuracy', 'sensitivity', 'specificity', 'meanRankError', 'sensitivity: a', 'sensitivity: top'])
      expect(figureValue(noisy.figures, name) ?? 0, name).toBeCloseTo(figureValue(exact.figures, name) ?? 0, 9);
    const levels = (metrics: typeof noisy) => metrics.subgroups.map(({ levels: all }) => all.map(({ support }) => support));
    expect(levels(noisy)).toEqual(levels(exact));
  });

  it('number: the mean absolute error to the width of a bin', () => {
    const one = world('number', 2_000);
    const plan = noisyPlan(one.study)!;
    const counts = tableCounts(plan, one.found);
    const totals = Object.fromEntries(expandNames(plan.names).map((name, cell) => [name, String(counts[cell]! * SCORE_UNIT)]));
    const noisy = studyMetrics({ ...one.study, derived: { noise: { tableVariance: 0 } } }, totals, 3);
    const exact = figureValue(figuresOf(one).figures, 'meanAbsoluteError')!;
    expect(Math.abs(figureValue(noisy.figures, 'meanAbsoluteError')! / exact - 1)).toBeLessThan(0.05);
    expect(noisy.figures.find(({ name }) => name === 'rSquared')).toMatchObject({ value: null, reason: 'not measured in this study' });
  });

  it('show no level whose patients the noise could have made up', () => {
    const one = world('binary', 30);
    const plan = noisyPlan(one.study)!;
    const totals = Object.fromEntries(expandNames(plan.names).map((name) => [name, String(SCORE_UNIT)]));
    // A deviation of ten patients in each of 20 cells.
    const noisy = studyMetrics({ ...one.study, derived: { noise: { tableVariance: (10 * SCORE_UNIT) ** 2 } } }, totals, 1);
    expect(noisy.subgroups.flatMap(({ levels }) => levels.map(({ support }) => support))).toEqual([null, null, null, null, null, null]);
  });
});
