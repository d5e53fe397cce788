import { join } from 'node:path';
import { CohortSource, loadCohort, type Rows } from '@consilium/cohort';
import {
  accuracy,
  applyUpdate,
  concatenateRows,
  evaluatedPatients,
  initialState,
  predict,
  privateSum,
  trainInMemory,
  trainLocally,
  type LearningStudy,
} from '@consilium/learning';
import { normRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { CohortSchema, type Algorithm, type LocalAlgorithm } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { HASH, MLP, SEED, smallStudy } from '../../libs/learning/test/small-world.js';
import { goodStudy } from '../support/bad-parameters.js';
import { StudyFile } from '@consilium/protocol';

const CASES = join(import.meta.dirname, '../cases');
const LIMIT = 1e301;

/** All rows of a file, whatever part they fall in, in the columns x1, x2 (and x3). */
async function rowsOf(path: string, columns: readonly string[], outcome: object = { positive: '= 1' }): Promise<Rows> {
  const { train, test } = await loadCohort({
    source: CohortSource.parse({ type: 'csv', path: join(CASES, path) }),
    schema: CohortSchema.parse({
      name: 'case',
      outcome: { column: 'label', ...outcome },
      inputs: Object.fromEntries(columns.map((name) => [name, { range: [-LIMIT, LIMIT] }])),
      split: { byPatient: { test: 0.1 } },
    }),
    patientId: 'patient_id',
    splitKey: Buffer.alloc(32, 7),
  });
  return concatenateRows([train, test]);
}

const two = ['x1', 'x2'];
const finite = (values: Float64Array) => values.every(Number.isFinite);

describe('TRN-1: numbers that are not finite stay where they arose', () => {
  const study = smallStudy({ inputs: 2, algorithm: { name: 'fedavg', rounds: 3, localSteps: 4, learningRate: 0.1 } });

  it('a site whose update is not finite says which tensor and step, and the others go on without it', async () => {
    const a = await rowsOf('trn-1/site-a.csv', two);
    const b = await rowsOf('trn-1/site-b-huge.csv', two);
    const state = initialState(study);
    await expect(trainLocally({ study, state, rows: b, seed: SEED })).rejects.toMatchObject({
      code: 'NOT_FINITE',
      refusal: { fields: { tensor: 'layer0/kernel', step: '1' } },
    });
    expect(finite((await trainInMemory({ study, studyHash: HASH, sites: [a, a, a] })).weights)).toBe(true);
  });

  it('a learning rate of 1e38 is named with tensor and step too, and no state takes its update', async () => {
    const rows = await rowsOf('trn-1/site-a.csv', two);
    const wild = { ...study, model: { ...study.model, l2: 1 }, algorithm: { ...study.algorithm, learningRate: 1e38 } as LocalAlgorithm };
    await expect(trainLocally({ study: wild, state: initialState(study), rows, seed: SEED })).rejects.toMatchObject({ code: 'NOT_FINITE' });
    expect(() => applyUpdate(initialState(study), Float64Array.of(1, Number.NaN, 1), study.algorithm)).toThrow(/not finite/);
  });

  it('in a private study the one patient counts as nobody, and the site takes part', async () => {
    const rows = await rowsOf('trn-1/site-b-huge.csv', two);
    const of: LearningStudy = { ...study, algorithm: { name: 'dp-sgd', rounds: 1, learningRate: 0.1 } satisfies Algorithm };
    const { sum, outcomes } = await privateSum({
      study: of,
      weights: new Float64Array(3),
      rows,
      sampled: Uint32Array.from({ length: rows.patientCount }, (_, patient) => patient),
      rule: normRule(3, 1, 1000),
      words: new SeededRandomness('case'),
    });
    expect(outcomes.notFinite).toBe(1);
    expect(finite(sum)).toBe(true);
  });
});

describe('TRN-2: one class at a site is normal', () => {
  it('training goes on, and pooled figures come from all rows', async () => {
    const study = smallStudy({ inputs: 2, model: { ...MLP, norm: 'batch' }, algorithm: { rounds: 10 } });
    const c = await rowsOf('trn-2/site-c-one-class.csv', two);
    const d = await rowsOf('trn-2/site-d-two-classes.csv', two);
    expect(new Set(c.y).size).toBe(1);
    const state = await trainInMemory({ study, studyHash: HASH, sites: [c, d, d, d] });
    expect(finite(state.weights)).toBe(true);
    const pooled = concatenateRows([c, d, d, d]);
    const { truth, predicted } = await evaluatedPatients({ study, state, rows: pooled });
    const right = truth.reduce((sum, y, patient) => sum + ((predicted[patient] ?? 0) >= 0 === (y === 1) ? 1 : 0), 0) / truth.length;
    expect(await accuracy({ study, state, rows: pooled })).toBeCloseTo(right, 12);
  });

  it('the number of outputs comes from the study and not from what a site has', async () => {
    const outcome = { type: 'class', levels: ['0', '1', '2'] };
    const study = smallStudy({ inputs: 2, outcome: { column: 'label', ...outcome } });
    const c = await rowsOf('trn-2/site-c-one-class.csv', two, outcome);
    const state = await trainInMemory({ study, studyHash: HASH, sites: [c] });
    const probabilities = await predict({ study, state, rows: c });
    expect(probabilities.length).toBe(3 * c.y.length);
    expect(probabilities[1]).toBeGreaterThan(probabilities[2]!);
  });
});

describe('TRN-3: batches of one, and batch normalisation', () => {
  const columns = ['x1', 'x2', 'x3'];
  const norms = ['none', 'layer', 'batch'] as const;

  it.each(norms)('33 rows in batches of 32 leave a batch of one, with norm %s', async (norm) => {
    const rows = await rowsOf('trn-3/rows-33.csv', columns);
    expect(rows.y.length).toBe(33);
    const study = smallStudy({ inputs: 3, model: { ...MLP, norm }, algorithm: { rounds: 3, localSteps: 8, batchSize: 32 } });
    const state = await trainInMemory({ study, studyHash: HASH, sites: [rows, rows, rows] });
    expect(finite(state.weights)).toBe(true);
    expect(finite(await predict({ study, state, rows }))).toBe(true);
  });

  it.each(norms)('a site of one patient trains, with norm %s', async (norm) => {
    const rows = await rowsOf('trn-3/rows-33.csv', columns);
    const one: Rows = { x: rows.x.slice(0, 3), y: rows.y.slice(0, 1), patients: Int32Array.of(0), patientCount: 1 };
    const study = smallStudy({ inputs: 3, model: { ...MLP, norm }, algorithm: { rounds: 3 } });
    expect(finite((await trainInMemory({ study, studyHash: HASH, sites: [one, rows] })).weights)).toBe(true);
  });

  it('running statistics are tensors that sites average, no counters among them', () => {
    const names = smallStudy({ inputs: 3, model: { ...MLP, norm: 'batch' } }).derived.tensors.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('layer1/'))).toEqual(
      ['scale', 'offset', 'mean', 'variance'].map((name) => `layer1/${name}`),
    );
  });

  it('a patient-level study with batch normalisation is refused when it is made, with the layer and an alternative', () => {
    const file = { ...goodStudy(), model: { ...MLP, norm: 'batch' } };
    const { error } = StudyFile.safeParse(file);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^layer1 is batch normalisation, which mixes patients: take norm: (layer|none)$/),
    ]);
  });
});
