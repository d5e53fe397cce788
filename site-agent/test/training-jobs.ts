import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeState, initialState } from '@consilium/learning';
import { parseYaml, resolveStudy, sha256Hex, StudyFile, StudyHash } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import type { ContributionJob } from '../src/training/jobs.js';

export const study = resolveStudy(
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

/** A table of so many patients, a quarter of them for testing. */
export const rows = (count: number): string =>
  ['age,num,split', ...Array.from({ length: count }, (_, row) => `${40 + row},${row % 2},${row % 4 ? 'train' : 'test'}`)].join('\n');

/** Jobs over one small table after the other. */
export class TrainingJobs {
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-'));
  #studies = 0;

  /** Rows are kept by study: each table has one of its own. */
  over(text: string, change: Partial<ContributionJob['cohort']> = {}): ContributionJob {
    this.#studies += 1;
    const path = join(this.folder, `${this.#studies}.csv`);
    writeFileSync(path, text);
    return {
      kind: 'contribution',
      hash: StudyHash.parse(this.#studies.toString(16).padStart(64, '0')),
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

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
