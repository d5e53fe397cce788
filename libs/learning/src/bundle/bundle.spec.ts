import {
  bundleFiles,
  parseYaml,
  readModelBundle,
  resolveStudy,
  StudyFile,
  studyHash,
  studySpecification,
  type SumShape,
} from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { buildBundle, initialState, type ModelState } from '../index.js';

const TEXT = `
apiVersion: consilium/v1
kind: Study
name: heart-lr
purpose: A test
cohort:
  name: heart
  outcome: { column: num, positive: "> 0" }
  inputs:
    chol: { range: [80, 650], missingCodes: [0], impute: center, center: 245, scale: 55, unit: mg/dl, missingFlag: true }
    cp: { levels: [1, 2] }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression }
algorithm: { name: fedadam, rounds: 3, localSteps: 10, learningRate: 0.05 }
privacy: { mode: none }
sites: { names: [a, b, c, d] }
`;

/** Stands for the parameter object of the sealed sum, of which a bundle says nothing. */
const noLayout = (shape: SumShape) => ({
  scheme: 'bfv' as const,
  degree: 4096,
  coefficientModulus: '1',
  plainModulus: 2,
  laneBits: 23,
  lanes: 2,
  sites: shape.sites,
  laneMaximum: 1,
  levels: 1,
  segments: [],
  slots: 1,
  blocks: 1,
  uploadBytes: 1,
  foldBytes: 1,
});

const study = resolveStudy(parseYaml(TEXT, StudyFile, 'study file'), noLayout);
const hash = studyHash(studySpecification(study));
const state = (...weights: number[]): ModelState => ({ ...initialState(study), weights: Float64Array.from(weights) });
const bundle = (of: ModelState) =>
  buildBundle({ study, studyHash: hash, state: of, round: 3, totals: { testPatients: '40', truePositives: null } });

describe('the bundle of a released model', () => {
  it('has the same bytes at every site that holds the same state', () => {
    expect(bundle(state(0.1, 0.2, 0.3, 0.4)).equals(bundle(state(0.1, 0.2, 0.3, 0.4)))).toBe(true);
    expect(bundle(state(0.1, 0.2, 0.3, 0.4 + 2 ** -53)).equals(bundle(state(0.1, 0.2, 0.3, 0.4)))).toBe(false);
  });

  it('keeps every bit of the weights', () => {
    const weights = [0.1 + 0.2, -1e-17, 2 ** -1074, 1 / 3];
    expect(readModelBundle(bundle(state(...weights))).tensors.flatMap(({ values }) => values)).toEqual(weights);
  });

  it('needs nothing else to be read: names, constants, units, the study', () => {
    const read = readModelBundle(bundle(state(1, 2, 3, 4)));
    expect(read).toMatchObject({ study: { hash }, round: 3, totals: { testPatients: '40', truePositives: null } });
    expect(bundleFiles(read).find(({ name }) => name === 'coefficients.csv')?.text).toContain(
      'chol,chol,mg/dl,,245,55,1,2.71828,55 mg/dl\n',
    );
  });

  it('has local tensors as they began, and says of each number of theirs that it is not what a site uses', () => {
    const local = TEXT.replace('learningRate: 0.05', 'learningRate: 0.05, localLayers: [layer0/bias]');
    const own = resolveStudy(parseYaml(local, StudyFile, 'study file'), noLayout);
    const begun = { ...initialState(own), weights: Float64Array.of(1, 2, 3) };
    const read = readModelBundle(buildBundle({ study: own, studyHash: hash, state: begun, round: 3, totals: {} }));
    expect(read.localTensors).toEqual(['layer0/bias']);
    expect(read.tensors.map(({ values }) => values)).toEqual([[1, 2, 3], [0]]);
    const table = bundleFiles(read).find(({ name }) => name === 'coefficients.csv')?.text;
    expect(table).toContain('\n(intercept) (where training began: each site has its own),,,,,,0,,\n');
    expect(table).toContain('\nchol,chol,');
  });

  it('is never made of weights that are not finite', () => {
    expect(() => bundle(state(1, Number.NaN, 3, 4))).toThrow(/layer0\/kernel/);
  });
});
