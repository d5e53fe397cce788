import { describe, expect, it } from 'vitest';
import {
  parseYaml,
  readSpecification,
  resolveStudy,
  StudyFile,
  studyHash,
  studySpecification,
  thresholds,
  type SealParameters,
  type SumShape,
} from '../index.js';

const text = `
apiVersion: consilium/v1
kind: Study
name: heart-lr
purpose: A test
cohort:
  name: heart
  outcome: { column: num, positive: "> 0" }
  inputs:
    cp: { levels: [1, 2, 3, 4] }
    sex: { levels: [F, M], aliases: { female: F, male: M } }
    chol: { range: [80, 650], missingCodes: [0], impute: center, center: 245, scale: 55, missingFlag: true }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression, l2: 0.01 }
algorithm: { name: fedadam, rounds: 3, localSteps: 10, batchSize: 16, learningRate: 0.05 }
privacy: { mode: none }
sites: { names: [a, b, c, d] }
`;

/** Stands for the parameter object, whose conditions are tested where it is made. */
const layout = (shape: SumShape): SealParameters => ({
  scheme: 'bfv',
  degree: 4096,
  coefficientModulus: '1',
  plainModulus: 2,
  laneBits: 23,
  lanes: 2,
  sites: shape.sites,
  laneMaximum: 1,
  levels: 1,
  segments: [],
  slots: shape.updateLength,
  blocks: 1,
  uploadBytes: 1,
  foldBytes: 1,
});

const file = () => parseYaml(text, StudyFile, 'study file');

describe('a study', () => {
  it('lists the encoded columns in the declared order, first level dropped', () => {
    expect(resolveStudy(file(), layout).derived.columns.map((column) => column.name)).toEqual([
      'cp=2',
      'cp=3',
      'cp=4',
      'sex=M',
      'chol',
      'chol:missing',
    ]);
  });

  it('resolves to the same bytes when a site derives it again', () => {
    const specification = studySpecification(resolveStudy(file(), layout));
    const again = readSpecification(specification, layout);
    expect(studyHash(studySpecification(again))).toBe(studyHash(specification));
  });

  it('is refused when one byte of a derived value was changed', () => {
    const specification = studySpecification(resolveStudy(file(), layout)).toString().replace('"parameterCount":7', '"parameterCount":8');
    expect(() => readSpecification(Buffer.from(specification), layout)).toThrow(/differs from what this version derives/);
  });

  it('names the nearest field for an unknown one', () => {
    expect(() => parseYaml(text.replace('rounds: 3', 'round: 3'), StudyFile, 'study file')).toThrow(
      expect.objectContaining({
        problems: expect.arrayContaining([expect.objectContaining({ path: 'algorithm.round', fix: 'Did you mean "rounds"?' })]),
      }),
    );
    expect(() => parseYaml(text.replace('center: 245', 'centre: 245'), StudyFile, 'study file')).toThrow(
      expect.objectContaining({
        problems: expect.arrayContaining([expect.objectContaining({ path: 'cohort.inputs.chol.centre', fix: 'Did you mean "center"?' })]),
      }),
    );
  });

  it('refuses a key that stands twice', () => {
    expect(() => parseYaml(`${text}\nname: other\n`, StudyFile, 'study file')).toThrow(/not YAML/);
  });
});

describe('thresholds', () => {
  it.each([
    [3, 3],
    [4, 3],
    [5, 4],
    [6, 4],
    [9, 6],
    [10, 7],
    [20, 14],
    [100, 67],
  ])('with %i sites and the default colluders, %i signatures decide', (n, t) => {
    expect(thresholds(n).t).toBe(t);
  });

  it('refuses fewer sites than the inequality allows, and says which', () => {
    expect(() => thresholds(10, 5)).toThrow(/at least 7 \(m ≥ max\(3, t\), 2t > n \+ c\)/);
  });
});

describe('scaffold', () => {
  const scaffold = text.replace(/algorithm: .*/, 'algorithm: { name: scaffold, rounds: 3, localSteps: 10, learningRate: 0.05 }');

  it('sends two vectors in the sum of a training round', () => {
    const { derived } = resolveStudy(parseYaml(scaffold, StudyFile, 'study file'), layout);
    expect(derived.sums.train.slots).toBe(2 * derived.parameterCount);
    expect(derived.sums.evaluate.slots).toBe(0);
  });

  it('is refused in modes with noise, with the reason', () => {
    const noisy = scaffold.replace('mode: none', 'mode: site, noiseMultiplier: 1, clip: 1, delta: 1.0e-5');
    expect(() => parseYaml(noisy, StudyFile, 'study file')).toThrow(
      expect.objectContaining({
        problems: expect.arrayContaining([
          expect.objectContaining({ detail: expect.stringMatching(/second vector .* no accountant has charged/) as string }),
        ]) as unknown,
      }),
    );
  });
});
