import { parseYaml, StudyFile, type SealParameters, type SumShape } from '@consilium/protocol';

/** Stands for the sealed sum, which this package does not know; room enough for any noise. */
export const lanes = (shape: SumShape): SealParameters =>
  ({
    segments:
      shape.updateVariance === undefined
        ? []
        : [{ name: 'noised', values: shape.updateLength, bound: 1e9, variance: shape.updateVariance }],
  }) as unknown as SealParameters;

export const studyFile = (algorithm: string, privacy: string, metrics = '{ every: 10, noiseMultiplier: 12 }'): StudyFile =>
  parseYaml(
    `
apiVersion: consilium/v1
kind: Study
name: heart
purpose: A test
cohort:
  name: heart
  outcome: { column: num, positive: "> 0", range: [0, 4] }
  inputs: { age: { range: [18, 100] }, sex: { levels: [0, 1] } }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression }
algorithm: ${algorithm}
privacy: ${privacy}
metrics: ${metrics}
sites: { names: [a, b, c, d], publicSizes: { a: 100, b: 100, c: 100, d: 100 } }
`,
    StudyFile,
    'study',
  );
