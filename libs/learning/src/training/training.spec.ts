import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { MLP, SEED, sequence, smallStudy, someRows } from '../../test/small-world.js';
import { engine } from '../engine/engine.js';
import { initialState, trainLocally, type ModelState } from '../index.js';
import { layersFrom, weightsOf } from './dense-layers.js';
import { activationOf, forward, gradient } from './dense-network.js';

/** A state away from zero, so that nothing cancels by chance. */
function somewhere(study: ReturnType<typeof smallStudy>): ModelState {
  const next = sequence(11);
  const state = initialState(study);
  return { ...state, weights: state.weights.map(() => next() - 0.5) };
}

const models = [
  ['logistic regression', { type: 'logistic-regression', l2: 0.01 }],
  ['a tanh network', { ...MLP, l2: 0.01 }],
  ['a relu network', { ...MLP, activation: 'relu' }],
] as const;

describe('the closed-form gradient', () => {
  it.each(models)("of %s equals the engine's own", async (_, model) => {
    const tf = await engine();
    const study = smallStudy({ model });
    const rows = someRows(37);
    const layers = layersFrom(tf, study.derived.tensors, somewhere(study).weights);
    const activation = activationOf(study.model);
    const x = tf.tensor2d(rows.x, [37, 4]);
    const y = tf.tensor2d(rows.y, [37, 1]);
    const l2 = study.model.l2;
    const loss = (...flat: (Tensor1D | Tensor2D)[]) => {
      const taped = layers.map((__, i) => ({ kernel: flat[2 * i] as Tensor2D, bias: flat[2 * i + 1] as Tensor1D }));
      const { logits } = forward(tf, taped, activation, x);
      const p = tf.sigmoid(logits);
      const entropy = tf.neg(tf.mean(tf.add(tf.mul(y, tf.log(p)), tf.mul(tf.sub(1, y), tf.log(tf.sub(1, p))))));
      const penalty = taped.map(({ kernel }) => tf.mul(tf.sum(tf.square(kernel)), l2 / 2));
      return tf.addN([entropy, ...penalty]);
    };
    const expected = tf
      .grads(loss as never)(layers.flatMap(({ kernel, bias }) => [kernel, bias]))
      .flatMap((g) => [...g.dataSync()]);
    const closed = gradient(tf, layers, activation, l2, { x, xTransposed: tf.transpose(x), y });
    for (const [i, value] of weightsOf(closed).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
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
