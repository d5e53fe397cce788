import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASH, MLP, SEED, smallStudy, someRows } from '../../test/small-world.js';
import {
  encodeState,
  initialState,
  PhysicalBatch,
  readSafetensors,
  readTfjsWeights,
  startingFrom,
  tfjsShards,
  trainInMemory,
  trainLocally,
  trainSitesInMemory,
  wholeState,
} from '../index.js';

const FEDAVG = { name: 'fedavg', rounds: 3, localSteps: 3, learningRate: 0.3 };
const studyOf = (model: object, algorithm: object = {}) =>
  smallStudy({ model: { ...MLP, l2: 0.01, ...model }, algorithm: { ...FEDAVG, ...algorithm } });
const START = { format: 'safetensors', sha256: HASH };

type Tensors = Record<string, { dtype?: string; shape: number[]; values: number[] }>;
/** A file as the reference writes it; `header` may say something else. */
function safetensors(tensors: Tensors, header: (found: object) => object = (found) => found): Uint8Array {
  let at = 0;
  const parts: Buffer[] = [];
  const entries = Object.entries(tensors).map(([name, { dtype = 'F32', shape, values }]) => {
    const bytes = Buffer.from((dtype === 'F64' ? Float64Array : Float32Array).from(values).buffer);
    parts.push(bytes);
    return [name, { dtype, shape, data_offsets: [at, (at += bytes.length)] }];
  });
  const json = Buffer.from(JSON.stringify(header(Object.fromEntries(entries) as object)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}
const ofModel = (study: ReturnType<typeof studyOf>): Tensors =>
  Object.fromEntries(
    study.derived.layers
      .flatMap((layer) => ('name' in layer && layer.kind === 'dense' ? [layer] : []))
      .flatMap(({ name, inputs, units }): [string, Tensors[string]][] => [
        [`${name}/kernel`, { shape: [inputs, units], values: Array.from({ length: inputs * units }, (_, i) => (i % 7) / 8 - 0.3) }],
        [`${name}/bias`, { shape: [units], values: Array.from({ length: units }, (_, i) => i / 16) }],
      ]),
  );
const refused = (what: RegExp) =>
  expect.objectContaining({ code: 'WEIGHTS_INVALID', message: expect.stringMatching(what) as string }) as Error;

describe('a safetensors file', () => {
  const pair: Tensors = { a: { shape: [2], values: [1, 2] }, b: { dtype: 'F64', shape: [1, 1], values: [1 / 3] } };

  it('is read number for number, of 32 and of 64 bits', () => {
    const read = readSafetensors(safetensors(pair, (found) => ({ __metadata__: { format: 'pt' }, ...found })));
    expect([...read.get('a')!.values]).toEqual([1, 2]);
    expect(read.get('b')).toEqual({ shape: [1, 1], values: Float64Array.of(1 / 3) });
  });

  it('is refused where it is cut short, and whatever its bytes are, with a sentence', () => {
    const file = safetensors(pair);
    for (let length = 0; length < file.length; length += 1) expect(() => readSafetensors(file.subarray(0, length))).toThrow(refused(/./));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(() => readSafetensors(bytes)).toThrow(refused(/./));
      }),
    );
  });

  it.each([
    ['holes', (found: object) => ({ ...found, b: { dtype: 'F64', shape: [1, 1], data_offsets: [12, 20] } }), /one after the other/],
    ['overlaps', (found: object) => ({ ...found, b: { dtype: 'F64', shape: [1, 1], data_offsets: [0, 8] } }), /one after the other/],
    ['bytes of no tensor', ({ a }: { a?: object }) => ({ a }), /belong to no tensor/],
    ['another length than the shape', (found: object) => ({ ...found, a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }), /shape/],
    ['half numbers', (found: object) => ({ ...found, a: { dtype: 'F16', shape: [4], data_offsets: [0, 8] } }), /F16/],
    [
      'negative places',
      (found: object) => ({ ...found, a: { dtype: 'F32', shape: [2], data_offsets: [-8, 0] } }),
      /not one of safetensors/,
    ],
    ['a list for a header', () => [1], /not one of safetensors/],
  ])('is refused with %s', (_, header, what) => {
    expect(() => readSafetensors(safetensors(pair, header as (found: object) => object))).toThrow(refused(what));
  });
});

describe('a TensorFlow.js model', () => {
  const manifest = (weights: object[], paths = ['one.bin', 'two.bin']) =>
    Buffer.from(JSON.stringify({ format: 'layers-model', weightsManifest: [{ paths, weights }] }));
  const numbers = Buffer.from(Float32Array.of(1, 2, 3).buffer);
  const pair = [
    { name: 'a', shape: [2], dtype: 'float32' },
    { name: 'b', shape: [], dtype: 'float32' },
  ];

  it('is read over the borders of its shards', () => {
    const json = manifest(pair);
    expect(tfjsShards(json)).toEqual(['one.bin', 'two.bin']);
    const read = readTfjsWeights(json, [numbers.subarray(0, 5), numbers.subarray(5)]);
    expect([...read.values()].map(({ values }) => [...values])).toEqual([[1, 2], [3]]);
  });

  it('is refused where shards and manifest differ, a shard lies elsewhere, or numbers are quantised', () => {
    expect(() => readTfjsWeights(manifest(pair), [numbers, numbers])).toThrow(refused(/longer/));
    expect(() => readTfjsWeights(manifest(pair), [numbers.subarray(4), Buffer.alloc(0)])).toThrow(refused(/shorter/));
    expect(() => tfjsShards(manifest(pair, ['../one.bin']))).toThrow(refused(/manifest/));
    expect(() => tfjsShards(Buffer.from('{}'))).toThrow(refused(/manifest/));
    const quantised = [{ ...pair[0], quantization: { dtype: 'uint8' } }];
    expect(() => readTfjsWeights(manifest(quantised), [numbers])).toThrow(refused(/quantised/));
  });
});

describe('a model that starts from given weights', () => {
  const study = studyOf({ start: START });
  const given = startingFrom(study, readSafetensors(safetensors(ofModel(study))));

  it('begins with them, bit for bit, and nowhere else', () => {
    expect([...initialState(study, given).weights]).toEqual(Object.values(ofModel(study)).flatMap(({ values }) => values.map(Math.fround)));
    expect(() => initialState(study)).toThrow(expect.objectContaining({ code: 'WEIGHTS_MISSING' }));
  });

  it('takes only the tensors that it names, and the others begin as without', () => {
    const some = studyOf({ start: { ...START, tensors: ['layer0'] } });
    const { 'layer0/kernel': kernel, 'layer0/bias': bias } = ofModel(some);
    const found = startingFrom(some, readSafetensors(safetensors({ 'layer0/kernel': kernel!, 'layer0/bias': bias!, other: bias! })));
    expect([...found.subarray(0, 30)]).toEqual([...kernel!.values, ...bias!.values].map(Math.fround));
    expect([...found.subarray(30)]).toEqual([...initialState(studyOf({})).weights.subarray(30)]);
  });

  it.each([
    [
      'lacks a tensor',
      (all: Tensors) => Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'layer1/bias')),
      /no tensor called layer1\/bias/,
    ],
    [
      'has another shape',
      (all: Tensors) => ({ ...all, 'layer0/kernel': { ...all['layer0/kernel']!, shape: [6, 4] } }),
      /shape \[6, 4\]; the model's is \[4, 6\]/,
    ],
    ['has NaN', (all: Tensors) => ({ ...all, 'layer2/bias': { shape: [1], values: [NaN] } }), /layer2\/bias that is not finite/],
  ])('refuses a file that %s', (_, change, what) => {
    expect(() => startingFrom(study, readSafetensors(safetensors(change(ofModel(study)))))).toThrow(refused(what));
  });
});

describe('a model of which only some tensors learn', () => {
  const study = studyOf({ train: ['layer2', 'layer1/bias'] });
  const rows = someRows(60);
  const whole = wholeState(study, initialState(study));
  const training = { study, state: whole, rows, seed: SEED };

  it('moves those as one of which all learn moves them in the first step, and the others not at all', async () => {
    const one = { ...study, algorithm: { ...study.algorithm, localSteps: 1 } };
    const all = { ...studyOf({}), algorithm: one.algorithm };
    const { update } = await trainLocally({ ...training, study: one });
    const free = await trainLocally({ study: all, state: initialState(all), rows, seed: SEED });
    const learns = [
      [48, 51],
      [51, 55],
    ];
    for (const [i, value] of update.entries()) expect(value).toBe(learns.some(([from, to]) => i >= from! && i < to!) ? free.update[i] : 0);
    expect(update.filter((value) => value !== 0).length).toBeGreaterThan(3);
  });

  it('does the same in parts of a batch', async () => {
    const physical = new PhysicalBatch();
    physical.halve(16);
    const { update } = await trainLocally(training);
    const parted = await trainLocally({ ...training, physical });
    expect(Math.max(...parted.update.map((value, i) => Math.abs(value - update[i]!)))).toBeLessThan(1e-6);
    expect(parted.update.subarray(0, 48).every((value) => value === 0)).toBe(true);
  });

  it('agrees on, and keeps, those tensors only, and ends with the others where they began', async () => {
    const input = { study, studyHash: HASH, sites: [rows, someRows(40, 4, 3)] };
    const state = await trainInMemory(input);
    expect(state.tensors.map(({ name }) => name)).toEqual(['layer1/bias', 'layer2/kernel', 'layer2/bias']);
    expect(encodeState(state).length).toBeLessThan(encodeState(initialState(studyOf({}))).length);
    const [site] = (await trainSitesInMemory(input)).sites;
    expect([...site!.weights.subarray(0, 48)]).toEqual([...initialState(studyOf({})).weights.subarray(0, 48)]);
    expect(site!.weights.subarray(48)).not.toEqual(whole.weights.subarray(48));
  });
});
