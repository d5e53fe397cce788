import { describe, expect, it } from 'vitest';
import { Algorithm, CohortSchema, Model } from '../index.js';
import { modelProblems } from './model-problems.js';
import { recordWeights, weightOf } from './record-weights.js';

const XRAY = { type: 'image', height: 28, width: 28, range: [0, 255] };
const binary = { column: 'y', positive: '= 1' };
const survival = { type: 'survival', column: 't', range: [0, 9], event: { column: 'e', positive: '= 1' } };
const MLP = { type: 'multilayer-perceptron', hidden: [4] };
const FEDAVG = { name: 'fedavg', rounds: 1, localSteps: 1, learningRate: 0.1 };
const CNN = { type: 'convolutional-network', blocks: [{ filters: 4 }] };

function problems(
  model: object,
  mode: 'none' | 'patient/local' = 'none',
  outcome: object = binary,
  inputs: object = { x: { range: [0, 1] } },
  algorithm: object = FEDAVG,
) {
  const cohort = CohortSchema.parse({ name: 'c', outcome, inputs, split: { column: 's', train: 'a', test: 'b' } });
  return modelProblems({ cohort, model: Model.parse(model), algorithm: Algorithm.parse(algorithm), mode }).map(
    ([path, message]) => `${path.join('.')}: ${message}`,
  );
}

describe('a patient-level study', () => {
  const classes = { type: 'class', column: 'y', levels: ['a', 'b', 'c'] };
  const discrete = { ...survival, intervals: [1, 2] };
  it.each([
    ['a logistic regression', { type: 'logistic-regression' }, binary, undefined],
    ['a network of dense layers with norms', { ...MLP, norm: 'layer' }, classes, undefined],
    ['a convolutional network with norms', { ...CNN, blocks: [{ filters: 4, norm: 'group' }] }, binary, { xray: XRAY }],
    ['a network of levels in order', MLP, { ...classes, type: 'ordinal' }, undefined],
    ['a count', { type: 'poisson-regression' }, { type: 'count', column: 'y', range: [0, 9] }, undefined],
    ['a quantity', { type: 'linear-regression' }, { type: 'number', column: 'y', range: [0, 9] }, undefined],
    ['survival in intervals', { type: 'discrete-time-survival' }, discrete, undefined],
  ])('may be %s', (_, model, outcome, inputs) => {
    expect(problems(model, 'patient/local', outcome, inputs)).toEqual([]);
  });

  it.each([
    [
      'batch normalisation',
      { ...MLP, norm: 'batch' },
      binary,
      undefined,
      /^model.norm: layer1 is batch normalisation, which mixes patients: take norm: layer/,
    ],
    [
      'batch normalisation of images',
      { ...CNN, blocks: [{ filters: 4, norm: 'batch' }] },
      binary,
      { xray: XRAY },
      /layer1 is batch normalisation, which mixes patients: take norm: group/,
    ],
    ['risk sets', { type: 'cox-regression' }, survival, undefined, /^model.type: risk sets mix patients/],
    ['risk sets of a network', MLP, survival, undefined, /^model.type: risk sets mix patients/],
  ])('is refused with %s, in one sentence, and another mode takes it', (_, model, outcome, inputs, message) => {
    expect(problems(model, 'patient/local', outcome, inputs)).toEqual([expect.stringMatching(message)]);
    expect(problems(model, 'none', outcome, inputs)).toEqual([]);
  });
});

describe('a model', () => {
  it('is refused where it has more parameters than anything here holds, with what it would need', () => {
    const model = { ...MLP, hidden: [65_536, 65_536] };
    expect(problems(model)).toEqual([expect.stringMatching(/^model: at most 1000000000 parameters: this model has 4295\d+, .* 48.0 GiB/)]);
  });

  it('is refused in a patient mode where a private step has no room for it', () => {
    const model = { type: 'text-network', buckets: 1_000_000, dimension: 400 };
    expect(problems(model)).toEqual([]);
    expect(problems(model, 'patient/local')).toEqual([expect.stringMatching(/^model: smaller layers: .* 5\.2 GiB .* at most 4\.0 GiB/)]);
  });

  it('is refused where one record alone fills a machine', () => {
    const huge = { xray: { ...XRAY, height: 4096, width: 4096 } };
    const model = { type: 'convolutional-network', blocks: [{ filters: 512 }] };
    expect(problems(model, 'none', binary, huge)).toEqual([expect.stringMatching(/one record needs about \d+\.\d GiB/)]);
  });
});

describe('local layers', () => {
  const local = (localLayers: string[], mode?: 'patient/local') => problems(MLP, mode, binary, undefined, { ...FEDAVG, localLayers });

  it('are layers or tensors of the model, and leave something to learn together', () => {
    expect(local(['layer1'])).toEqual([]);
    expect(local(['layer1/bias'])).toEqual([]);
    expect(local(['layer7'])).toEqual(['algorithm.localLayers: layer7 is no layer and no tensor of this model']);
    expect(local(['layer0/scale'])).toEqual([expect.stringMatching(/no layer and no tensor/)]);
    expect(local(['layer0', 'layer1/kernel', 'layer1/bias'])).toEqual(['algorithm.localLayers: at least one tensor must be common']);
  });

  it('are refused with privacy for patients, with the reason', () => {
    expect(local(['layer1'], 'patient/local')).toEqual([
      expect.stringMatching(/trained on them without noise .* no accountant has charged/),
    ]);
  });
});

describe('tensors that learn', () => {
  const train = (names: string[], { norm = 'none', localLayers = [] as string[], mode = 'none' as 'none' | 'patient/local' } = {}) =>
    problems({ ...MLP, norm, train: names }, mode, binary, undefined, { ...FEDAVG, localLayers });

  it('are named by layer or tensor, and leave something to learn together', () => {
    expect(train(['layer1'])).toEqual([]);
    expect(train(['layer1'], { localLayers: ['layer1/bias'] })).toEqual([]);
    expect(train(['layer9'])).toEqual(['model.train: layer9 is no layer and no tensor of this model']);
    expect(train(['layer1'], { localLayers: ['layer1'] })).toEqual(['model.train: at least one tensor must be learned together']);
    expect(train(['layer1'], { localLayers: ['layer0/bias'] })).toEqual([expect.stringMatching(/layer0\/bias is not among those/)]);
  });

  it('take batch normalisation with them, and are all of them with privacy for patients', () => {
    expect(train(['layer2'], { norm: 'batch' })).toEqual([expect.stringMatching(/layer1, or a norm other than batch/)]);
    expect(train(['layer1', 'layer2'], { norm: 'batch' })).toEqual([]);
    expect(train(['layer1'], { mode: 'patient/local' })).toEqual([expect.stringMatching(/bounded over all tensors of a model/)]);
    expect(train(['layer0', 'layer1'], { mode: 'patient/local' })).toEqual([]);
  });
});

describe('weights of records', () => {
  const inputs = { x: { range: [0, 1] }, sex: { levels: ['F', 'M'] } };
  const weighted = (input: string, levels: object, model: object = { type: 'logistic-regression' }, outcome: object = binary) =>
    problems(model, 'none', outcome, inputs, { ...FEDAVG, weights: { input, levels } });

  it('are of levels of a category, in any privacy mode', () => {
    expect(weighted('sex', { F: 1.5 })).toEqual([]);
    const algorithm = { ...FEDAVG, weights: { input: 'sex', levels: { F: 1.5 } } };
    expect(problems({ type: 'logistic-regression' }, 'patient/local', binary, inputs, algorithm)).toEqual([]);
    expect(weighted('x', { F: 1.5 })).toEqual(['algorithm.weights: x is not a category among cohort.inputs']);
    expect(weighted('sex', { X: 2 })).toEqual(['algorithm.weights: X is not a level of sex; it has F, M']);
  });

  it('are refused where risk sets compare records', () => {
    expect(weighted('sex', { F: 2 }, { type: 'cox-regression' }, survival)).toEqual([expect.stringMatching(/none has a loss of its own/)]);
  });

  it('are found in a record by its encoded columns', () => {
    const cohort = CohortSchema.parse({ name: 'c', outcome: binary, inputs, split: { column: 's', train: 'a', test: 'b' } });
    const algorithm = Algorithm.parse({ ...FEDAVG, weights: { input: 'sex', levels: { F: 1.5, M: 0.5 } } });
    const weights = recordWeights(cohort, algorithm)!;
    const x = [9, 9, 0.3, 0, 1, 1];
    expect([weightOf(weights, x, 2), weightOf(weights, x, 4)]).toEqual([1.5, 0.5]);
    expect(recordWeights(cohort, Algorithm.parse(FEDAVG))).toBeUndefined();
  });
});

describe('fine-tuning at each site', () => {
  it('is refused with privacy for patients, with the reason', () => {
    const tuned = { ...FEDAVG, fineTune: { localSteps: 5 } };
    expect(problems(MLP, 'none', binary, undefined, tuned)).toEqual([]);
    expect(problems(MLP, 'patient/local', binary, undefined, tuned)).toEqual([
      "algorithm.fineTune: not with privacy for patients: a site's own model would be trained on them without noise, in steps that no accountant has charged",
    ]);
  });
});

describe('augmentation of images', () => {
  const augmented = (augment: object) => ({ ...FEDAVG, augment });
  it('goes with every mode: an image is changed by itself, before anything is clipped', () => {
    for (const mode of ['none', 'patient/local'] as const)
      expect(problems(CNN, mode, binary, { xray: XRAY }, augmented({ flip: true, shift: 3 }))).toEqual([]);
    expect(Algorithm.safeParse({ name: 'dp-sgd', rounds: 1, learningRate: 1, augment: { flip: true } }).success).toBe(true);
  });

  it('is refused without images, and where it would move them out of sight', () => {
    expect(problems(MLP, 'none', binary, undefined, augmented({ flip: true }))).toEqual([
      'algorithm.augment: only for a convolutional-network: it changes images',
    ]);
    expect(problems(CNN, 'none', binary, { xray: XRAY }, augmented({ shift: 28 }))).toEqual([
      'algorithm.augment.shift: below 28, the smaller side of the image',
    ]);
  });
});
