import { gradientsHere, initialState } from '@consilium/learning';
import { afterAll, describe, expect, it } from 'vitest';
import { study } from '../../test/training-jobs.js';
import { GradientThreads, sharedRows } from './gradient-threads.js';

const rows = sharedRows({
  x: Float32Array.from({ length: 40 }, (_, row) => Math.sin(row)),
  y: Float32Array.from({ length: 40 }, (_, row) => row % 2),
  patients: Int32Array.from({ length: 40 }, (_, row) => row),
  patientCount: 40,
});
const parts = [0, 10, 20, 30].map((start) => Uint32Array.from({ length: 10 }, (_, row) => start + row));
const weights = Float32Array.from(initialState(study).weights, (value, i) => value + i - 0.5);
const threads = new GradientThreads(2);
afterAll(() => threads.close());

describe('threads that compute the parts of a batch', { timeout: 30_000 }, () => {
  it('give the bits that one thread gives, each in its place, one study after the other', async () => {
    const expected = await gradientsHere({ study, rows }).take(weights, parts);
    expect(await threads.for({ study, rows }).take(weights, parts)).toEqual(expected);
    const steeper = { ...study, model: { ...study.model, l2: 7 } };
    const next = await threads.for({ study: steeper, rows }).take(weights, parts);
    expect(next).toEqual(await gradientsHere({ study: steeper, rows }).take(weights, parts));
    expect(next).not.toEqual(expected);
  });

  it('hand on what went wrong in one of them', async () => {
    await expect(threads.for({ study, rows }).take(weights.subarray(0, 1), parts)).rejects.toThrow();
  });
});
