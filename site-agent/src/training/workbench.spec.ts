import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { encodeState, initialState } from '@consilium/learning';
import { parseYaml, resolveStudy, sha256Hex, StudyFile, StudyHash } from '@consilium/protocol';
import { generateBfvKey, laneCount } from '@consilium/sealed-sum';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContributionJob, SealJob } from './jobs.js';
import { Workbench } from './workbench.js';

const study = resolveStudy(
  parseYaml(
    `
apiVersion: consilium/v1
kind: Study
name: heart-lr
purpose: A test
cohort:
  name: heart
  outcome: { column: num, positive: "> 0" }
  inputs: { age: { range: [18, 100], center: 54, scale: 9 } }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression }
algorithm: { name: fedavg, rounds: 1, localSteps: 2, learningRate: 0.1, maxWeight: 10 }
privacy: { mode: none }
sites: { names: [a, b, c] }
`,
    StudyFile,
    'study',
  ),
  sealParameters,
);
const state = encodeState(initialState(study));
const limits = { timeoutMs: 30_000, signal: new AbortController().signal };

let folder: string;
let studies = 0;
const bench = new Workbench();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-'));
  // Rows are kept by study: each test has one of its own.
  studies += 1;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => bench.close());

function job(text: string, change: Partial<ContributionJob['cohort']> = {}): ContributionJob {
  const path = join(folder, 'heart.csv');
  writeFileSync(path, text);
  return {
    kind: 'contribution',
    hash: StudyHash.parse(studies.toString(16).padStart(64, '0')),
    study,
    cohort: {
      source: { type: 'csv', path },
      patientId: undefined,
      splitKey: Buffer.alloc(32),
      objections: undefined,
      minPatients: 2,
      fingerprint: undefined,
      ...change,
    },
    state,
    stateDigest: sha256Hex(state),
    round: 'train',
    metrics: true,
    evaluate: true,
    publicSize: undefined,
  };
}

const rows = (count: number) =>
  ['age,num,split', ...Array.from({ length: count }, (_, row) => `${40 + row},${row % 2},${row % 4 ? 'train' : 'test'}`)].join('\n');

describe('the training thread', () => {
  it('turns rows into the same integers each time, and counts its own patients', async () => {
    const first = await bench.run(job(rows(12)), limits);
    const again = await bench.run(job(rows(12)), limits);
    expect(again.lanes).toEqual(first.lanes);
    expect(first.lanes).toHaveLength(laneCount(study.derived.sums.train));
    expect(first.counts).toMatchObject({ contributors: 1n, trainPatients: 9n, testPatients: 3n });
  });

  it('keeps the code and fields of a refusal on their way out of the thread, and no value', async () => {
    await expect(bench.run(job(rows(12), { minPatients: 50 }), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_TOO_SMALL', fields: {} },
    });
    await expect(bench.run(job(rows(12).replace('age', 'years')), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_SCHEMA', fields: { column: 'age' } },
    });
    await expect(bench.run(job(rows(12).replace('43,', '4711,')), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_RANGE', fields: { column: 'age' } },
      message: expect.not.stringContaining('4711'),
    });
  });

  it('refuses a weight above the public bound, and data that are not those of the first use', async () => {
    await expect(bench.run(job(rows(40)), limits)).rejects.toMatchObject({ code: 'WEIGHT_TOO_LARGE' });
    await expect(bench.run(job(rows(12), { fingerprint: '0'.repeat(64) }), limits)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  });

  it('says INTERNAL, and keeps the trace for the incident, when the error is none of ours', async () => {
    const bfvKey = await generateBfvKey();
    const seal: SealJob = {
      kind: 'seal',
      lanes: new Int32Array(1),
      parameters: study.derived.sums.train,
      bfvKey,
      checkKey: Buffer.alloc(32),
      masks: {
        self: Buffer.alloc(32),
        pairs: [
          { key: Buffer.alloc(32, 1), sign: 1 },
          { key: Buffer.alloc(32, 1), sign: -1 },
        ],
      },
      keyEpoch: 0,
      path: join(folder, 'upload'),
    };
    await expect(bench.run(seal, limits)).rejects.toMatchObject({
      code: 'INTERNAL',
      refusal: { code: 'INTERNAL' },
      trace: expect.stringContaining('RangeError'),
    });
  });

  it('is killed when a job takes too long, and the next job gets a new one', async () => {
    await expect(bench.run(job(rows(12)), { ...limits, timeoutMs: 1 })).rejects.toMatchObject({
      refusal: { code: 'TRAINING_KILLED', fields: { signal: 'TIMEOUT' } },
    });
    await expect(bench.run(job(rows(12)), limits)).resolves.toMatchObject({ counts: { contributors: 1n } });
  });

  it('drops a job whose assignment changed and goes on with the next', async () => {
    const stop = new AbortController();
    const dropped = bench.run(job(rows(12)), { ...limits, signal: stop.signal });
    const next = bench.run(job(rows(12)), limits);
    stop.abort(new Error('another assignment'));
    await expect(dropped).rejects.toThrow('another assignment');
    await expect(next).resolves.toBeDefined();
  });

  it.each([
    ['ends', 'setTimeout(() => process.exit(9), 20)', 'EXIT_9'],
    ['throws', 'setTimeout(() => { throw new RangeError("x") }, 20)', 'RangeError'],
    [
      'runs out of memory',
      'setTimeout(() => { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)) }, 20)',
      'ERR_WORKER_OUT_OF_MEMORY',
    ],
  ])('that %s fails its job and nothing else', async (_, code, signal) => {
    const dying = new Workbench(() => new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } }));
    await expect(dying.run(job(rows(12)), limits)).rejects.toMatchObject({ refusal: { code: 'TRAINING_KILLED', fields: { signal } } });
    await dying.close();
  });
});
