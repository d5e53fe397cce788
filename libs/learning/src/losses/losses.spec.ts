import { Outcome } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { sequence } from '../../test/small-world.js';
import { engine } from '../engine/engine.js';
import { lossOf } from './loss-of.js';
import type { Loss } from './loss.js';

const parse = (value: object) => Outcome.parse({ column: 'y', ...value });
const survival = { type: 'survival', range: [0, 1000], event: { column: 'died', positive: '= 1' } };
const TIMES = [5, -5, 3, 3, -8, 8, 1, -0.5];

/** Each outcome with what eight rows may have, and the outputs of its model. */
const cases: readonly (readonly [string, Outcome, readonly number[], number])[] = [
  ['binary', parse({ positive: '> 0' }), [0, 1, 1, 0, 1, 0, 0, 1], 1],
  ['class', parse({ type: 'class', levels: ['a', 'b', 'c'] }), [0, 1, 2, 2, 1, 0, 0, 2], 3],
  ['ordinal', parse({ type: 'ordinal', levels: ['0', '1', '2', '3'] }), [0, 1, 2, 3, 3, 2, 1, 0], 3],
  ['number', parse({ type: 'number', range: [0, 9] }), [0.1, -0.4, 2, 1, 0, -1, 0.3, 0.2], 1],
  ['count', parse({ type: 'count', range: [0, 99] }), [0, 1, 7, 2, 16, 3, 40, 0], 1],
  ['discrete-time survival', parse({ ...survival, intervals: [1, 3, 6] }), TIMES, 3],
  ['Cox', parse(survival), TIMES, 1],
];

const next = sequence(3);

async function slopeOnEngine(loss: Loss, outputs: Float32Array, y: Float32Array): Promise<Float32Array> {
  const tf = await engine();
  const batch = loss.on(tf, y);
  const slope = tf.tidy(() => batch.slope(tf.tensor2d(outputs, [y.length, outputs.length / y.length])));
  const values = slope.dataSync<'float32'>().slice();
  slope.dispose();
  batch.dispose();
  return values;
}

const total = (loss: Loss, outputs: Float32Array, y: Float32Array) => loss.ofRows(outputs, y).reduce((sum, value) => sum + value, 0);

describe('a loss', () => {
  it.each(cases)('%s has the slope that differences of it have', async (_, outcome, values, width) => {
    const loss = lossOf(outcome);
    const y = Float32Array.from(values);
    const outputs = Float32Array.from({ length: y.length * width }, () => next() * 4 - 2);
    const slope = await slopeOnEngine(loss, outputs, y);
    // A power of two, so that 32 bits move by exactly as much.
    const h = 2 ** -10;
    for (const [i, z] of outputs.entries()) {
      const at = (by: number) => total(loss, outputs.with(i, Math.fround(z + by)), y);
      expect(slope[i]).toBeCloseTo((at(h) - at(-h)) / (Math.fround(z + h) - Math.fround(z - h)), 4);
    }
    expect(Math.max(...slope.map(Math.abs))).toBeGreaterThan(0.1);
  });

  it.each(cases.filter(([name]) => name !== 'count'))(
    '%s stays finite for outputs that are large and wrong',
    async (_, outcome, values, width) => {
      const loss = lossOf(outcome);
      const y = Float32Array.from(values);
      const outputs = Float32Array.from({ length: y.length * width }, (_value, i) => (i % 2 === 0 ? 5000 : -5000));
      expect((await slopeOnEngine(loss, outputs, y)).every(Number.isFinite)).toBe(true);
      expect(Number.isFinite(total(loss, outputs, y))).toBe(true);
    },
  );

  it.each(cases)('%s leaves no tensor behind', async (_, outcome, values, width) => {
    const tf = await engine();
    const before = tf.memory().numTensors;
    await slopeOnEngine(lossOf(outcome), new Float32Array(values.length * width), Float32Array.from(values));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a loss in figures worked out by hand', () => {
  const rows = (outcome: object, outputs: number[], y: number[]) =>
    lossOf(parse(outcome)).ofRows(Float32Array.from(outputs), Float32Array.from(y));

  it('Cox with ties by Breslow: both events of a time face the same risk set', () => {
    // log of: 4 at risk at time 2 (twice), 1 at time 5; a row censored at 2 is still at risk there.
    const losses = rows(survival, [0, 0, 0, 0], [2, 2, -2, 5]);
    [Math.log(4), Math.log(4), 0, 0].forEach((value, i) => expect(losses[i]).toBeCloseTo(value, 12));
  });

  it('discrete time: no interval counts that a censored row did not reach the end of', () => {
    const losses = rows({ ...survival, intervals: [1, 3, 6] }, new Array<number>(15).fill(0), [1, 2, -2, -0.5, 7]);
    [1, 2, 1, 0, 3].forEach((intervals, i) => expect(losses[i]).toBeCloseTo(intervals * Math.LN2, 12));
  });

  it('counts: the Poisson likelihood with its constant', () => {
    const losses = rows({ type: 'count', range: [0, 99] }, [Math.log(2), Math.log(2)], [3, 20]);
    expect(losses[0]).toBeCloseTo(-Math.log((Math.exp(-2) * 8) / 6), 6);
    // 20! = 2432902008176640000
    expect(losses[1]).toBeCloseTo(2 - 20 * Math.LN2 + Math.log(2432902008176640000), 5);
  });
});

describe('a prediction', () => {
  const predict = (outcome: object, outputs: number[]) => [...lossOf(parse(outcome)).predict(Float32Array.from(outputs))];

  it('of a quantity is in its own unit', () => {
    expect(predict({ type: 'number', range: [0, 100], transform: 'sqrt', center: 5, scale: 2 }, [0, 1, -4])).toEqual([25, 49, 0]);
    expect(predict({ type: 'number', range: [1, 100], transform: 'log', center: 0, scale: 1 }, [0])).toEqual([1]);
  });

  it('of classes and levels sums to 1, the lowest level first, even where cut points stand in the wrong order', () => {
    for (const probabilities of [
      predict({ type: 'class', levels: ['a', 'b', 'c'] }, [800, 0, -800]),
      predict({ type: 'ordinal', levels: ['0', '1', '2'] }, [-1, 2]),
    ]) {
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0);
      expect(probabilities[0]).toBe(Math.max(...probabilities));
    }
  });

  it('of survival is the chance of no event up to each end, and its score ranks sooner above later', () => {
    const outcome = { ...survival, intervals: [1, 3] };
    expect(predict(outcome, [0, 0])).toEqual([0.5, 0.25]);
    const scores = lossOf(parse(outcome)).scores!(Float32Array.of(1, 1, -1, -1));
    expect(scores[0]!).toBeGreaterThan(scores[1]!);
  });
});
