import type { Rows } from '@consilium/cohort';
import { normRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEED, smallStudy, someRows } from '../../test/small-world.js';
import { gradientsHere, initialState, PhysicalBatch, privateSum, trainLocally } from '../index.js';
import { augmentationRule, augmentIn, moveImage, stepSeed } from './augment.js';

const image = { kind: 'image', height: 6, width: 5, channels: 1 } as const;
const PIXELS = 30;
const study = (augment?: object, localSteps = 3) =>
  smallStudy({
    image,
    model: { type: 'convolutional-network', blocks: [{ filters: 2 }] },
    algorithm: { localSteps, batchSize: 4, ...(augment ? { augment } : {}) },
  });
const augmented = study({ flip: true, shift: 2 });
const rows = someRows(12, PIXELS);
const { weights } = initialState(augmented);

describe('a moved image', () => {
  const moved = (change: Partial<Parameters<typeof moveImage>[3]>, channels: 1 | 3 = 1) => {
    const target = new Float32Array(6 * channels);
    const from = Float32Array.from({ length: 6 * channels }, (_, index) => index);
    moveImage(from, target, { kind: 'image', height: 2, width: 3, channels }, { flip: false, down: 0, right: 0, ...change });
    return [...target];
  };

  it('is turned left to right, and moved with its edge repeated', () => {
    expect(moved({})).toEqual([0, 1, 2, 3, 4, 5]);
    expect(moved({ flip: true })).toEqual([2, 1, 0, 5, 4, 3]);
    expect(moved({ right: 1 })).toEqual([0, 0, 1, 3, 3, 4]);
    expect(moved({ right: -2 })).toEqual([2, 2, 2, 5, 5, 5]);
    expect(moved({ down: 1 })).toEqual([0, 1, 2, 0, 1, 2]);
    expect(moved({ flip: true, right: 1 })).toEqual([2, 2, 1, 5, 5, 4]);
  });

  it('keeps the colours of a pixel together', () => {
    expect(moved({ flip: true }, 3)).toEqual([6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11]);
  });
});

describe('augmentation', () => {
  const record = (row: number) => rows.x.subarray(row * PIXELS, (row + 1) * PIXELS);
  const changed = (seed: Uint8Array) =>
    Array.from({ length: 12 }, (_, row) => {
      const target = new Float32Array(PIXELS);
      augmentIn(augmentationRule(augmented)!, seed)(record(row), target);
      return [...target];
    });

  it('draws by the step of a round and by the image, the same way each time', () => {
    expect(changed(stepSeed(SEED, 1))).toEqual(changed(stepSeed(SEED.slice(), 1)));
    expect(changed(stepSeed(SEED, 2))).not.toEqual(changed(stepSeed(SEED, 1)));
    expect(changed(stepSeed(new Uint8Array(32), 1))).not.toEqual(changed(stepSeed(SEED, 1)));
  });

  it('turns about half of the images, and moves them by each distance about as often', () => {
    const rule = { augmentation: { flip: true, shift: 2 }, image: { ...image, height: 9, width: 9 } };
    const counts = new Map<string, number>();
    const target = new Float32Array(81);
    for (let number = 0; number < 2_000; number += 1) {
      // One bright pixel in the middle and a dark one to its right; the corner makes each image another.
      const one = new Float32Array(81).fill(1);
      one[40] = 5;
      one[41] = -5;
      one[0] = 1 + number / 10_000;
      augmentIn(rule, SEED)(one, target);
      const place = target.indexOf(5);
      const turned = target[place - 1] === -5;
      for (const found of [`flip ${turned}`, `down ${Math.floor(place / 9) - 4}`, `right ${(place % 9) - 4}`])
        counts.set(found, (counts.get(found) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    for (const [found, count] of counts) expect(count / 2_000).toBeCloseTo(found.startsWith('flip') ? 0.5 : 0.2, 1);
  });

  it('changes training, the same way each time, whole or in parts', async () => {
    const train = (of: typeof augmented, physical?: PhysicalBatch) =>
      trainLocally({ study: of, state: initialState(of), rows, seed: SEED, ...(physical ? { physical } : {}) });
    const { update } = await train(augmented);
    expect((await train(augmented)).update).toEqual(update);
    expect((await train(study())).update).not.toEqual(update);
    const physical = new PhysicalBatch();
    physical.halve(4);
    const inParts = await train(augmented, physical);
    expect(Math.max(...inParts.update.map((value, i) => Math.abs(value - update[i]!)))).toBeLessThan(1e-6);
  });

  it('gives a row the same gradient wherever it stands and whoever is there', async () => {
    const there = await gradientsHere({ study: augmented, rows }).take(Float32Array.from(weights), [Uint32Array.of(5)], SEED);
    const alone = { x: record(5).slice(), y: rows.y.slice(5, 6) };
    expect(await gradientsHere({ study: augmented, rows: alone }).take(Float32Array.from(weights), [Uint32Array.of(0)], SEED)).toEqual(
      there,
    );
  });

  it('changes nothing of what other patients add to a private sum', async () => {
    const rule = normRule(weights.length, 0.3, 1_024);
    const words = new SeededRandomness('rounding');
    const sumOf = async (of: Rows, patients: readonly number[], which = augmented) =>
      (await privateSum({ study: which, rows: of, rule, words, weights, sampled: Uint32Array.from(patients) })).sum;
    const each = await Promise.all(Array.from({ length: 12 }, (_, patient) => sumOf(rows, [patient])));
    expect(each).not.toEqual(await Promise.all(Array.from({ length: 12 }, (_, patient) => sumOf(rows, [patient], study()))));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(Array.from(rows.patients), { minLength: 1 }), async (order) => {
        const x = Float32Array.from(order.flatMap((row) => [...record(row)]));
        const own = { x, y: Float32Array.from(order, (row) => rows.y[row]!), patients: Int32Array.from(order.keys()) };
        const expected = order.reduce((sum, row) => sum.map((value, i) => value + each[row]![i]!), new Float64Array(weights.length));
        expect(await sumOf({ ...own, patientCount: order.length }, [...order.keys()])).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
