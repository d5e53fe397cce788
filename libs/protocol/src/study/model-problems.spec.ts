import { describe, expect, it } from 'vitest';
import { CohortSchema, Model } from '../index.js';
import { modelProblems } from './model-problems.js';

const XRAY = { type: 'image', height: 28, width: 28, range: [0, 255] };
const binary = { column: 'y', positive: '= 1' };
const survival = { type: 'survival', column: 't', range: [0, 9], event: { column: 'e', positive: '= 1' } };
const MLP = { type: 'multilayer-perceptron', hidden: [4] };
const CNN = { type: 'convolutional-network', blocks: [{ filters: 4 }] };

function problems(
  model: object,
  mode: 'none' | 'patient/local' = 'none',
  outcome: object = binary,
  inputs: object = { x: { range: [0, 1] } },
) {
  const cohort = CohortSchema.parse({ name: 'c', outcome, inputs, split: { column: 's', train: 'a', test: 'b' } });
  return modelProblems({ cohort, model: Model.parse(model), mode }).map(([path, message]) => `${path.join('.')}: ${message}`);
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
