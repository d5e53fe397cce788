import type { Rows } from '@consilium/cohort';
import { describe, expect, it } from 'vitest';
import { MLP, SEED, sequence, smallStudy, someRows } from '../../test/small-world.js';
import { engine } from '../engine/engine.js';
import { initialState, trainLocally, type LearningStudy, type ModelState } from '../index.js';
import { lossOf } from '../losses/loss-of.js';
import { gradient } from '../network/descend.js';
import { vectorOf, weightsFrom } from '../network/weights.js';
import { batchSource } from './batch-source.js';

/** A state away from zero, so that nothing cancels by chance. */
function somewhere(study: LearningStudy): ModelState {
  const next = sequence(11);
  const state = initialState(study);
  return { ...state, weights: state.weights.map(() => next() - 0.5) };
}

const models = [
  ['logistic regression', { type: 'logistic-regression', l2: 0.01 }],
  ['a tanh network', { ...MLP, l2: 0.01 }],
  ['a relu network', { ...MLP, activation: 'relu' }],
] as const;

/** The penalised loss in plain 64-bit arithmetic, row by row: shares nothing with the engine or with the code under test. */
function lossByHand(study: LearningStudy, rows: Rows, weights: readonly number[]): number {
  const layers = study.derived.tensors.filter(({ shape }) => shape.length === 2).map(({ shape }) => shape);
  const bend =
    study.model.type === 'multilayer-perceptron' && study.model.activation === 'relu' ? (z: number) => Math.max(z, 0) : Math.tanh;
  let penalty = 0;
  let loss = 0;
  for (let row = 0; row < rows.y.length; row += 1) {
    let values = Array.from(rows.x.subarray(row * 4, row * 4 + 4));
    let offset = 0;
    for (const [index, [inputs = 0, units = 0]] of layers.entries()) {
      const kernel = weights.slice(offset, offset + inputs * units);
      const bias = weights.slice(offset + inputs * units, offset + inputs * units + units);
      if (row === 0) penalty += (study.model.l2 / 2) * kernel.reduce((sum, w) => sum + w * w, 0);
      const before = values;
      values = bias.map((b, unit) => before.reduce((sum, value, input) => sum + value * kernel[input * units + unit]!, b));
      if (index < layers.length - 1) values = values.map(bend);
      offset += (inputs + 1) * units;
    }
    const p = 1 / (1 + Math.exp(-values[0]!));
    loss -= Math.log(rows.y[row] === 1 ? p : 1 - p) / rows.y.length;
  }
  return loss + penalty;
}

describe('the closed-form gradient', () => {
  it.each(models)('of %s is the slope of the loss', async (_, model) => {
    const tf = await engine();
    const study = smallStudy({ model });
    const rows = someRows(37);
    const weights = Array.from(somewhere(study).weights, Math.fround);
    const { layers, tensors } = study.derived;
    const source = batchSource(tf, rows, { layers, loss: lossOf(study.cohort.outcome) }, 'full', SEED);
    const found = source.withNext((batch) =>
      tf.tidy(() => gradient(tf, layers, weightsFrom(tf, tensors, Float64Array.from(weights)), study.model.l2, batch)),
    );
    const closed = await vectorOf(tensors, found.slopes);
    tf.dispose(found.slopes);
    source.close();
    const nudged = (i: number, by: number) => lossByHand(study, rows, weights.with(i, weights[i]! + by));
    for (const [i, value] of closed.entries()) expect(value).toBeCloseTo((nudged(i, 1e-5) - nudged(i, -1e-5)) / 2e-5, 5);
    expect(Math.max(...closed)).toBeGreaterThan(0.01);
  });
});

describe('local training', () => {
  it.each(models)('of %s gives the same bits again', async (_, model) => {
    const study = smallStudy({ model, algorithm: { batchSize: 16 } });
    const training = { study, state: somewhere(study), rows: someRows(50), seed: SEED };
    const first = await trainLocally(training);
    expect(await trainLocally(training)).toEqual(first);
    expect(await trainLocally({ ...training, seed: new Uint8Array(32) })).not.toEqual(first);
  });

  it('does not depend on the seed when every step takes all rows', async () => {
    const study = smallStudy();
    const training = { study, state: somewhere(study), rows: someRows(50), seed: SEED };
    expect(await trainLocally({ ...training, seed: new Uint8Array(32) })).toEqual(await trainLocally(training));
  });

  it('does what gradient descent by hand does', async () => {
    const study = smallStudy({ model: { l2: 0.1 }, algorithm: { localSteps: 20, learningRate: 0.3 } });
    const rows = someRows(40);
    const state = somewhere(study);
    const w = Array.from(state.weights);
    for (let step = 0; step < 20; step += 1) {
      const slope = [0, 0, 0, 0, 0];
      for (let row = 0; row < 40; row += 1) {
        const x = [...rows.x.subarray(row * 4, row * 4 + 4), 1];
        const error = 1 / (1 + Math.exp(-x.reduce((sum, value, i) => sum + value * w[i]!, 0))) - rows.y[row]!;
        x.forEach((value, i) => (slope[i]! += (error * value) / 40));
      }
      // No penalty on the intercept.
      slope.forEach((value, i) => (w[i]! -= 0.3 * (value + (i < 4 ? 0.1 * w[i]! : 0))));
    }
    const { update } = await trainLocally({ study, state, rows, seed: SEED });
    update.forEach((value, i) => expect(value).toBeCloseTo(w[i]! - state.weights[i]!, 5));
  });

  it('leaves a short last batch its own mean', async () => {
    const study = smallStudy({ algorithm: { localSteps: 2, batchSize: 4 } });
    const state = initialState(study);
    // Five equal rows: whichever comes last, a step on it alone is worth as much as a step on four.
    const rows = {
      x: new Float32Array(20).fill(1),
      y: new Float32Array(5).fill(1),
      patients: Int32Array.of(0, 1, 2, 3, 4),
      patientCount: 5,
    };
    const full = { ...study, algorithm: { ...study.algorithm, batchSize: 'full' as const } };
    const short = await trainLocally({ study, state, rows, seed: SEED });
    const whole = await trainLocally({ study: full, state, rows, seed: SEED });
    short.update.forEach((value, i) => expect(value).toBeCloseTo(whole.update[i]!, 6));
  });

  it('gives back all memory of the engine', async () => {
    const tf = await engine();
    const before = tf.memory().numTensors;
    for (const [, model] of models) {
      const study = smallStudy({ model, algorithm: { batchSize: 16 } });
      await trainLocally({ study, state: somewhere(study), rows: someRows(50), seed: SEED });
    }
    const study = smallStudy({ algorithm: { learningRate: 1000, localSteps: 100 }, model: { ...MLP, activation: 'relu' } });
    await trainLocally({ study, state: somewhere(study), rows: hugeRows(), seed: SEED }).catch(() => undefined);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names the tensor and the step at which a weight stopped being finite', async () => {
    const study = smallStudy({ algorithm: { learningRate: 1000 }, model: { l2: 0.5 } });
    const rows = hugeRows();
    await expect(trainLocally({ study, state: initialState(study), rows, seed: SEED })).rejects.toMatchObject({
      code: 'NOT_FINITE',
      refusal: { fields: { tensor: 'layer0/kernel', step: '1' } },
    });
    const slow = smallStudy({ algorithm: { learningRate: 1000, localSteps: 40 }, model: { l2: 1 } });
    await expect(trainLocally({ study: slow, state: somewhere(slow), rows: someRows(20), seed: SEED })).rejects.toMatchObject({
      // The kernel grows by 999 a step: 999^13 is the first beyond the largest 32-bit float.
      refusal: { fields: { tensor: 'layer0/kernel', step: '13' } },
    });
  });

  it('stops between two steps when told to', async () => {
    const study = smallStudy({ algorithm: { localSteps: 100_000 } });
    const training = { study, state: initialState(study), rows: someRows(50), seed: SEED, signal: AbortSignal.timeout(30) };
    await expect(trainLocally(training)).rejects.toThrow(/timeout/);
  });

  it('refuses to train on nobody', async () => {
    const study = smallStudy();
    await expect(trainLocally({ study, state: initialState(study), rows: someRows(0), seed: SEED })).rejects.toMatchObject({
      code: 'COHORT_TOO_SMALL',
    });
  });

  it('leaves the process its own way of dying', async () => {
    await engine();
    const rethrowing = (event: 'uncaughtException') =>
      process.listeners(event).filter((listener) => /ExitStatus/.test(listener.toString()));
    expect(rethrowing('uncaughtException')).toEqual([]);
  });
});

/** Finite rows at the end of what 32 bits hold. */
function hugeRows() {
  const rows = someRows(20);
  return { ...rows, x: rows.x.map((value) => Math.sign(value) * 3e38) };
}
