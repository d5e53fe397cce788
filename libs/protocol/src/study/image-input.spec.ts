import { describe, expect, it } from 'vitest';
import {
  CohortSchema,
  encodedColumns,
  encodedWidth,
  Input,
  inputShape,
  layerTensors,
  ModelBundle,
  modelLayers,
  Outcome,
  parseValue,
} from '../index.js';
import { coefficientsCsv } from '../model-bundle/coefficients-csv.js';

const XRAY = { type: 'image', height: 2, width: 3, range: [0, 255] };

const cohort = (inputs: object, more: object = {}) => ({
  name: 'chest',
  outcome: { column: 'label', positive: '= 1' },
  inputs,
  split: { column: 'split', train: 'train', test: 'test' },
  ...more,
});

const problems = (value: unknown) => {
  const result = CohortSchema.safeParse(value);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('an image among the inputs', () => {
  it('has its constants written out, and reads back as the same', () => {
    const image = parseValue(XRAY, Input, 'input');
    expect(image).toEqual({
      ...XRAY,
      channels: 1,
      outside: 'refuse',
      center: 0,
      scale: 1,
      resize: 'exact',
      frame: 'only',
      missingCodes: [],
    });
    expect(parseValue(JSON.parse(JSON.stringify(image)), Input, 'input')).toEqual(image);
  });

  it('is one encoded column of many numbers behind the columns of the table', () => {
    const columns = encodedColumns(CohortSchema.parse(cohort({ xray: XRAY, sex: { levels: ['F', 'M'] }, age: { range: [0, 120] } })));
    expect(columns.map(({ name }) => name)).toEqual(['sex=M', 'age', 'xray[2,3,1]']);
    expect(columns.at(-1)).toEqual({ name: 'xray[2,3,1]', source: 'xray', kind: 'image', shape: [2, 3, 1] });
    expect(encodedWidth(columns)).toBe(8);
  });

  it('gives a model as many inputs as it has numbers', () => {
    const columns = encodedColumns(CohortSchema.parse(cohort({ xray: { ...XRAY, channels: 3 }, age: { range: [0, 120] } })));
    const model = { type: 'multilayer-perceptron' as const, hidden: [5], activation: 'tanh' as const, norm: 'none' as const, l2: 0 };
    const [first] = modelLayers(model, inputShape(columns), Outcome.parse({ column: 'label', positive: '= 1' }));
    expect(first && layerTensors(first)[0]).toEqual({ name: 'layer0/kernel', shape: [1 + 2 * 3 * 3, 5] });
  });

  it.each([
    ['two images a row', cohort({ a: XRAY, b: XRAY }), 'inputs: at most one image a row'],
    ['a range upside down', cohort({ a: { ...XRAY, range: [1, 0] } }), 'inputs.a.range: the lowest value comes first'],
    ['more numbers than a model can see', cohort({ a: { ...XRAY, height: 4096, width: 4096, channels: 3 } }), /height × width × channels/],
    ['two channels', cohort({ a: { ...XRAY, channels: 2 } }), /1 \(grey\) or 3/],
    ['levels', cohort({ a: { ...XRAY, levels: ['a', 'b'] } }), /levels/],
    ['a type that is none', cohort({ a: { ...XRAY, type: 'video' } }), 'inputs.a.type: a number, an integer, a category or an image'],
  ])('is refused with %s', (_, value, expected) => {
    expect(problems(value)).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });

  it('names a coefficient for each pixel in the table that a paper prints', () => {
    const columns = encodedColumns(CohortSchema.parse(cohort({ xray: XRAY })));
    const model = { type: 'logistic-regression' as const, l2: 0 };
    const bundle = ModelBundle.parse({
      schema: 'consilium/model-bundle/v1',
      study: { hash: 'a'.repeat(64), name: 'chest', purpose: 'A test' },
      round: 1,
      model,
      outcome: { column: 'label', positive: '= 1' },
      inputs: { xray: XRAY },
      columns,
      tensors: modelLayers(model, inputShape(columns), Outcome.parse({ column: 'label', positive: '= 1' }))
        .flatMap(layerTensors)
        .map(({ name, shape }, index) => ({
          name,
          shape,
          values: index === 0 ? [1, 2, 3, 4, 5, 6] : [0],
        })),
      totals: {},
    });
    const names = coefficientsCsv(bundle)
      ?.split('\n')
      .map((line) => /^("[^"]*"|[^,]*)/.exec(line)?.[0]);
    expect(names).toEqual([
      'name',
      '"xray[0,0,0]"',
      '"xray[0,1,0]"',
      '"xray[0,2,0]"',
      '"xray[1,0,0]"',
      '"xray[1,1,0]"',
      '"xray[1,2,0]"',
      '(intercept)',
      '',
    ]);
  });
});
