import { gradientsHere, initialState, privateSum } from '@consilium/learning';
import { normRule, SystemRandomness } from '@consilium/privacy/mechanism';
import { layerTensors, Model, modelLayers, type TensorShape } from '@consilium/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { study } from '../../test/training-jobs.js';
import { PartThreads, sharedRows } from './part-threads.js';

const rows = sharedRows({
  x: Float32Array.from({ length: 40 }, (_, row) => Math.sin(row)),
  y: Float32Array.from({ length: 40 }, (_, row) => row % 2),
  patients: Int32Array.from({ length: 40 }, (_, row) => row),
  patientCount: 40,
});
const parts = [0, 10, 20, 30].map((start) => Uint32Array.from({ length: 10 }, (_, row) => start + row));
const weights = Float32Array.from(initialState(study).weights, (value, i) => value + i - 0.5);
const SEED = new Uint8Array(32).fill(7);
const threads = new PartThreads(2);
afterAll(() => threads.close());

describe('threads that compute the parts of a batch', { timeout: 60_000 }, () => {
  it('give the bits that one thread gives, each in its place, one study after the other', async () => {
    const expected = await gradientsHere({ study, rows }).take(weights, parts, SEED);
    expect(await threads.for({ study, rows }).take(weights, parts, SEED)).toEqual(expected);
    const steeper = { ...study, model: { ...study.model, l2: 7 } };
    const next = await threads.for({ study: steeper, rows }).take(weights, parts, SEED);
    expect(next).toEqual(await gradientsHere({ study: steeper, rows }).take(weights, parts, SEED));
    expect(next).not.toEqual(expected);
  });

  it('know what the study says of tensors and records', async () => {
    const derived = { ...study.derived, recordWeights: { reference: 3, columns: [] } };
    const heavy = { ...study, derived };
    const found = await threads.for({ study: heavy, rows }).take(weights, parts, SEED);
    expect(found).toEqual(await gradientsHere({ study: heavy, rows }).take(weights, parts, SEED));
    expect(found).not.toEqual(await gradientsHere({ study, rows }).take(weights, parts, SEED));
    const [kernel, bias] = study.derived.tensors as [TensorShape, TensorShape];
    const local = { ...study, derived: { ...study.derived, tensors: [kernel], localTensors: [bias] } };
    expect(await threads.for({ study: local, rows }).take(weights, parts, SEED)).toEqual(
      await gradientsHere({ study, rows }).take(weights, parts, SEED),
    );
  });

  it('add up to the private sum of one thread, exactly', async () => {
    const wide = { ...study, model: Model.parse({ type: 'multilayer-perceptron', hidden: [500, 500] }) };
    const layers = modelLayers(wide.model, { kind: 'columns', columns: 1 }, study.cohort.outcome);
    const derived = { ...study.derived, layers, tensors: layers.flatMap(layerTensors) };
    const own = { ...wide, derived };
    const { weights: at } = initialState(own);
    const sampled = Uint32Array.from({ length: 40 }, (_, patient) => patient);
    const step = { study: own, weights: at, rows, sampled, rule: { ...normRule(at.length, 1, 2 ** 14), rounding: 'nearest' } as const };
    const words = new SystemRandomness();
    const expected = await privateSum({ ...step, words });
    // Large enough for two threads, or this would compare one thread with itself.
    expect(sampled.length * at.length).toBeGreaterThan(2 ** 23);
    const found = await threads.privateSum({ ...step, words });
    expect(found).toEqual(expected);
    expect(found.sum.some((value) => value !== 0)).toBe(true);
  });

  it('hand on what went wrong in one of them', async () => {
    await expect(threads.for({ study, rows }).take(weights.subarray(0, 1), parts, SEED)).rejects.toThrow(/shape|values|size/i);
    // What the others were still at is nobody's answer now.
    const expected = await gradientsHere({ study, rows }).take(weights, parts, SEED);
    expect(await threads.for({ study, rows }).take(weights, parts, SEED)).toEqual(expected);
  });
});
