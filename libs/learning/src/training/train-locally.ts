import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { ConsiliumError, explainRefusal } from '@consilium/protocol';
import { engine, type Engine } from '../engine/engine.js';
import { firstNotFinite, NotFinite } from '../state/not-finite.js';
import { learningTensors } from '../state/learning-tensors.js';
import { lossOf } from '../losses/loss-of.js';
import { descend, gradient } from '../network/descend.js';
import { disposeWeights, vectorOf, weightsFrom } from '../network/weights.js';
import { EngineOutOfMemory, isOutOfMemory } from '../engine/engine-memory.js';
import { augmentationRule } from './augment.js';
import { batchSource } from './batch-source.js';
import { descendInParts, type Inspect } from './descend-in-parts.js';
import { gradientsHere } from './part-gradients.js';
import { canBeParted, partRows } from './part-rows.js';
import { muOf } from './mu-of.js';
import type { LocalTraining } from './local-training.js';
import { PhysicalBatch } from './physical-batch.js';

/** What a site's training yields; its weight in mode `none` is `rows.patientCount`. */
export interface LocalUpdate {
  /** What the site has moved each weight of the given state by. */
  readonly update: Float64Array;
}

/**
 * `algorithm.localSteps` steps of gradient descent on the site's own rows, from the agreed state. The same state, rows,
 * seed and engine build give the same bits. Other work gets its turn between steps.
 *
 * The difference is taken from the weights as the engine holds them (32 bits): no rounding error of the starting point
 * leaks into the update.
 *
 * @throws NotFinite naming the tensor and the step (from 1) where a weight first was NaN or infinite
 * @throws EngineOutOfMemory where not even one row fits, or a batch cannot be parted
 * @throws ConsiliumError COHORT_TOO_SMALL without a single row; the signal's reason when it ends training
 */
export async function trainLocally(training: LocalTraining): Promise<LocalUpdate> {
  const { state, rows } = training;
  if (rows.y.length === 0) {
    const { what, fix } = explainRefusal({ code: 'COHORT_TOO_SMALL', fields: {} });
    throw new ConsiliumError({ code: 'COHORT_TOO_SMALL', errorClass: 'refused', message: what, fix });
  }
  const tf = await engine();
  const weights = await descendWithin(tf, training, () => Promise.resolve());
  if (firstNotFinite(state.tensors, weights) !== undefined) {
    // Reading the weights after each step is slow; training is deterministic, so only a failed one is run again with it.
    await descendWithin(tf, training, async (step, reached) => {
      const tensor = firstNotFinite(state.tensors, await reached());
      if (tensor !== undefined) throw new NotFinite(tensor, step);
    });
  }
  return { update: Float64Array.from(weights, (weight, i) => weight - Math.fround(state.weights[i] ?? 0)) };
}

/** Runs the steps whole or in parts, whichever the model asks for, in parts small enough for the engine's memory. */
async function descendWithin(tf: Engine, training: LocalTraining, inspect: Inspect): Promise<Float32Array> {
  const { study, rows, physical = new PhysicalBatch() } = training;
  const { layers } = study.derived;
  const { outcome } = study.cohort;
  const { batchSize } = study.algorithm;
  const batchRows = batchSize === 'full' ? rows.y.length : Math.min(batchSize, rows.y.length);
  // Other engines use all cores by themselves.
  const worthIt = tf.getBackend() === 'wasm' ? partRows(layers, outcome, batchRows) : undefined;
  for (;;) {
    const size = Math.min(worthIt ?? Infinity, physical.rows);
    try {
      if (size >= batchRows) return await descendFrom(tf, training, inspect);
      const gradients = training.gradients ?? gradientsHere({ study, rows });
      return await descendInParts(training, { gradients, rows: size }, inspect);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      // Training has no memory and draws nothing: it begins anew.
      if (!canBeParted(layers, outcome) || !physical.halve(Math.min(size, batchRows))) throw new EngineOutOfMemory(tf, error);
    }
  }
}

/** Runs the steps and returns the weights reached; `inspect` may look at them after each step. */
async function descendFrom(
  tf: Engine,
  { study, state, rows, seed, drift, signal }: LocalTraining,
  inspect: Inspect,
): Promise<Float32Array> {
  const { algorithm, model, cohort } = study;
  const { layers } = study.derived;
  const { tensors } = state;
  const source = batchSource(
    tf,
    rows,
    { layers, loss: lossOf(cohort.outcome), weights: study.derived.recordWeights, augmentation: augmentationRule(study) },
    algorithm.batchSize,
    seed,
  );
  let weights = weightsFrom(tf, tensors, state.weights);
  const mu = muOf(algorithm);
  const pull = mu > 0 ? { mu, toward: weightsFrom(tf, tensors, state.weights) } : undefined;
  const drifts = drift && weightsFrom(tf, tensors, drift);
  const rule = { rate: algorithm.learningRate, pull, drift: drifts, learns: learningTensors(study) };
  try {
    for (let step = 1; step <= algorithm.localSteps; step += 1) {
      await yieldToOthers();
      signal?.throwIfAborted();
      const before = weights;
      weights = source.withNext((batch) => tf.tidy(() => descend(tf, before, gradient(tf, layers, before, model.l2, batch), rule)));
      disposeWeights(before, weights);
      await inspect(step, () => vectorOf(tensors, weights));
    }
    return await vectorOf(tensors, weights);
  } finally {
    disposeWeights(weights);
    if (pull) disposeWeights(pull.toward);
    if (drifts) disposeWeights(drifts);
    source.close();
  }
}
