import type { Rows } from '@consilium/cohort';
import { normRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASH, SEED, smallStudy, someRows } from '../../test/small-world.js';
import { concatenateRows, evaluatedPatients, initialState, PhysicalBatch, privateSum, trainInMemory, trainLocally } from '../index.js';

const LOCAL = { name: 'fedavg', rounds: 20, localSteps: 4, learningRate: 0.4 };
const plain = smallStudy({ algorithm: LOCAL });
/** The fourth column says which of two levels a record is of. */
const weighted = (level: number, reference = 1) => ({
  ...plain,
  derived: { ...plain.derived, recordWeights: { reference, columns: [{ column: 3, weight: level }] } },
});

/** A tenth of the records are of the level, and theirs is the opposite outcome. */
function rowsOf(count: number): Rows {
  const rows = someRows(count);
  const isOf = (row: number) => row % 10 === 0;
  const x = rows.x.map((value, i) => (i % 4 === 3 ? (isOf(Math.floor(i / 4)) ? 1 : 0) : value));
  return { ...rows, x, y: rows.y.map((y, row) => (isOf(row) ? 1 - y : y)) };
}
const rows = rowsOf(60);
const update = async (study: typeof plain, of: Rows = rows, physical = new PhysicalBatch()) =>
  (
    await trainLocally({
      study: { ...study, algorithm: { ...study.algorithm, localSteps: 1 } },
      state: initialState(study),
      rows: of,
      seed: SEED,
      physical,
    })
  ).update;
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('weights of records', () => {
  it('of 3 count a record as three records', async () => {
    const kept = [...rows.y.keys()].filter((row) => row % 10 === 0);
    const few: Rows = {
      x: Float32Array.from(kept.flatMap((row) => [...rows.x.subarray(row * 4, row * 4 + 4)])),
      y: Float32Array.from(kept, (row) => rows.y[row]!),
      patients: Int32Array.from(kept, (_, i) => i),
      patientCount: kept.length,
    };
    const repeated = concatenateRows([rows, few, few]);
    const scaled = (await update(plain, repeated)).map((value) => (value * repeated.y.length) / rows.y.length);
    expect(worst(await update(weighted(3)), scaled)).toBeLessThan(1e-6);
    expect(worst(await update(weighted(3)), await update(plain))).toBeGreaterThan(0.01);
  });

  it('of 1 change nothing, and are the same in parts of a batch', async () => {
    expect(worst(await update(weighted(1)), await update(plain))).toBe(0);
    const physical = new PhysicalBatch();
    physical.halve(16);
    expect(worst(await update(weighted(3, 0.5), rows, physical), await update(weighted(3, 0.5)))).toBeLessThan(1e-6);
  });

  it('make the loss of a small level smaller', async () => {
    const lossOfLevel = async (study: typeof plain) => {
      const state = await trainInMemory({ study, studyHash: HASH, sites: [rows] });
      const { loss } = await evaluatedPatients({ study, state, rows });
      return loss.filter((_, row) => row % 10 === 0).reduce((a, b) => a + b, 0);
    };
    expect(await lossOfLevel(weighted(5))).toBeLessThan((await lossOfLevel(plain)) - 1);
  });

  it('come before clipping: no patient moves a private sum by more than S, however heavy', async () => {
    const rule = normRule(5, 1, 1_000);
    const of = (study: typeof plain, part: Rows) =>
      privateSum({
        study,
        weights: new Float64Array(5),
        rows: part,
        rule,
        words: new SeededRandomness('x'),
        sampled: Uint32Array.from({ length: part.patientCount }, (_, i) => i),
      });
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1e3, noNaN: true }), fc.integer({ min: 0, max: 59 }), async (weight, row) => {
        const one: Rows = {
          x: rows.x.slice(row * 4, row * 4 + 4),
          y: rows.y.slice(row, row + 1),
          patients: Int32Array.of(0),
          patientCount: 1,
        };
        const { sum } = await of(weighted(weight), one);
        expect(sum.reduce((total, value) => total + value ** 2, 0)).toBeLessThanOrEqual(1_000_000);
      }),
      { numRuns: 40 },
    );
    const light = { ...rows, x: rows.x.map((value, i) => (i % 4 === 3 ? value : value / 100)) };
    expect((await of(weighted(0.5), light)).sum).not.toEqual((await of(plain, light)).sum);
  });
});
