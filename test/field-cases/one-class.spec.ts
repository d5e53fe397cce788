import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CohortSource, loadCohort, type EncodedCohort } from '@consilium/cohort';
import { metricCounts, predict, trainInMemory, type ModelState } from '@consilium/learning';
import { figureValue, metricPlan, ONE_CLASS, parseYaml, publishedTotals, resolveStudy, StudyFile, studyMetrics } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { beforeAll, describe, expect, it } from 'vitest';

const CASES = join(dirname(fileURLToPath(import.meta.url)), '../cases/trn-2');

const study = resolveStudy(
  parseYaml(
    `
apiVersion: consilium/v1
kind: Study
name: one-class
purpose: A field case
cohort:
  name: case
  outcome: { column: label, positive: "= 1" }
  inputs: { x1: { range: [-100, 100] }, x2: { range: [-100, 100] } }
  split: { byPatient: { test: 0.6 } }
model: { type: logistic-regression }
algorithm: { name: fedadam, rounds: 20, localSteps: 5, learningRate: 0.1 }
privacy: { mode: none }
metrics: { subgroups: [{ input: x1, cuts: [0.9] }] }
sites: { names: [c, d, e, f] }
`,
    StudyFile,
    'study',
  ),
  sealParameters,
);
const plan = metricPlan(study);
const add = (one: Readonly<Record<string, bigint>>, other: Readonly<Record<string, bigint>>) =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value + (other[name] ?? 0n)]));

describe('TRN-2: one class at a site is normal', () => {
  let sites: readonly EncodedCohort[];
  let state: ModelState;
  let counts: readonly Readonly<Record<string, bigint>>[];
  beforeAll(async () => {
    // Two more sites like d: the same file, other patients of it in the test part.
    const files = ['site-c-one-class.csv', 'site-d-two-classes.csv', 'site-d-two-classes.csv', 'site-d-two-classes.csv'];
    sites = await Promise.all(
      files.map((file, place) =>
        loadCohort({
          source: CohortSource.parse({ type: 'csv', path: join(CASES, file) }),
          schema: study.cohort,
          patientId: 'patient_id',
          splitKey: Buffer.alloc(32, place + 1),
          minPatients: 1,
        }),
      ),
    );
    state = await trainInMemory({ study, studyHash: 'ab'.repeat(32), sites: sites.map(({ train }) => train) });
    counts = await Promise.all(sites.map(({ train, test }) => metricCounts({ study, plan, state, train, test, clamped: 0n })));
  });

  it('trains, and its model has no number that is none', () => {
    expect(state.weights.every(Number.isFinite)).toBe(true);
  });

  it('gives the area under the ROC curve of pooled predictions, from summed histograms', async () => {
    const scored = await Promise.all(
      sites.map(async ({ test }) => {
        const probabilities = await predict({ study, state, rows: test });
        return Array.from(probabilities, (probability, row) => ({ probability, positive: test.y[row] === 1 }));
      }),
    );
    const of = (wanted: boolean) => scored.flat().filter(({ positive }) => positive === wanted);
    const [positives, negatives] = [of(true), of(false)];
    const wins = positives.flatMap((one) =>
      negatives.map((other) => (one.probability > other.probability ? 1 : one.probability === other.probability ? 0.5 : 0)),
    );
    const pooled = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
    const totals = publishedTotals(plan, counts.reduce(add));
    const area = figureValue(studyMetrics(study, totals, 4).figures, 'auroc');
    expect(positives.length).toBeGreaterThan(20);
    expect(negatives.length).toBeGreaterThan(20);
    expect(Math.abs(area! - pooled)).toBeLessThan(0.002);
  });

  it('says "not defined: one class" where a figure of that site alone is asked for, and nothing is NaN in JSON', () => {
    const own = studyMetrics(study, publishedTotals(plan, counts[0]!, 0n), 1);
    const area = own.figures.find(({ name }) => name === 'auroc');
    expect(area).toEqual({ name: 'auroc', value: null, standardError: null, reason: ONE_CLASS });
    expect(own.figures.find(({ name }) => name === 'specificity')?.reason).toBe(ONE_CLASS);
    expect(figureValue(own.figures, 'sensitivity')).not.toBeNull();
    // JSON writes NaN as null without a reason: look at the values themselves.
    const numbers = (value: unknown): number[] =>
      typeof value === 'number' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
    for (const metrics of [own, studyMetrics(study, publishedTotals(plan, counts.reduce(add)), 4), studyMetrics(study, {}, 4)])
      expect(numbers(metrics).every(Number.isFinite)).toBe(true);
    expect(ONE_CLASS).toBe('not defined: one class');
  });
});
