import { describe, expect, it } from 'vitest';
import { bundleFiles, ModelBundle, modelBundleBytes, readModelBundle, type BundleFile } from '../index.js';

const text = (files: readonly BundleFile[], name: string) => files.find((file) => file.name === name)?.text;

const logistic = () =>
  ModelBundle.parse({
    schema: 'consilium/model-bundle/v1',
    study: { hash: 'ab'.repeat(32), name: 'heart', purpose: 'A test' },
    round: 30,
    model: { type: 'logistic-regression', l2: 0.01 },
    outcome: { column: 'num', positive: '> 0' },
    inputs: {
      age: { type: 'integer', range: [18, 100], center: 54, scale: 9, unit: 'years', missingCodes: [], missingFlag: true, impute: 54 },
      'sex, at birth': { type: 'category', levels: ['F', 'M'], aliases: {}, missingCodes: [], missingFlag: false },
    },
    columns: [
      { name: 'age', source: 'age', kind: 'number' },
      { name: 'age:missing', source: 'age', kind: 'missing' },
      { name: 'sex, at birth=M', source: 'sex, at birth', kind: 'level', level: 'M' },
    ],
    tensors: [
      { name: 'layer0/kernel', shape: [3, 1], values: [0.1, -0.25, Math.LN2] },
      { name: 'layer0/bias', shape: [1], values: [-1.5] },
    ],
    totals: { testPatients: '254', truePositives: null },
  });

describe('a model bundle', () => {
  it('reads back as the same bytes', () => {
    const bytes = modelBundleBytes(logistic());
    expect(modelBundleBytes(readModelBundle(bytes)).equals(bytes)).toBe(true);
  });

  it('prints each coefficient with its unit, constants and odds ratio, and the intercept', () => {
    expect(text(bundleFiles(logistic()), 'coefficients.csv')).toBe(
      [
        'name,source,unit,level,center,scale,coefficient,odds_ratio,odds_ratio_per',
        'age,age,years,,54,9,0.1,1.10517,9 years',
        'age:missing,age,,,,,-0.25,0.778801,missing against measured',
        '"sex, at birth=M","sex, at birth",,M,,,0.6931471805599453,2,M against F',
        '(intercept),,,,,,-1.5,,',
        '',
      ].join('\n'),
    );
  });

  it('gives a network its weights, but no coefficients', () => {
    const network = ModelBundle.parse({
      ...logistic(),
      model: { type: 'multilayer-perceptron', hidden: [1] },
      tensors: [
        { name: 'layer0/kernel', shape: [3, 1], values: [1, 2, 3] },
        { name: 'layer0/bias', shape: [1], values: [4] },
        { name: 'layer1/kernel', shape: [1, 1], values: [5] },
        { name: 'layer1/bias', shape: [1], values: [6] },
      ],
    });
    expect(bundleFiles(network).map((file) => file.name)).toEqual(['model.json']);
  });

  it('is refused when its tensors are not those of its model', () => {
    const bundle = logistic();
    const short = { ...bundle, columns: bundle.columns.slice(1) };
    expect(() => readModelBundle(Buffer.from(JSON.stringify(short)))).toThrow(/tensors: the tensors of this model/);
    expect(() => readModelBundle(Buffer.from('{'))).toThrow(/not JSON/);
  });
});
