import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { LocalTraining } from './local-training.js';
import { stepSeed } from './augment.js';
import { rowsOfSteps } from './batch-source.js';
import { muOf } from './mu-of.js';
import type { PartGradients } from './part-gradients.js';
import { partsOf } from './part-rows.js';

/** After each step: its number from 1, and the weights reached. */
export type Inspect = (step: number, reached: () => Promise<Float32Array>) => Promise<void>;

/**
 * The steps of training with each batch in parts of `rows`: gradients wherever `gradients` takes them, added in the order of the
 * parts in 64 bits, and the step in 32 bits as an engine takes it.
 */
export async function descendInParts(
  { study, state, rows: { y }, seed, drift, signal }: LocalTraining,
  { gradients, rows }: { readonly gradients: PartGradients; readonly rows: number },
  inspect: Inspect,
): Promise<Float32Array> {
  const { batchSize, learningRate, localSteps } = study.algorithm;
  const rate = Math.fround(learningRate);
  const mu = Math.fround(muOf(study.algorithm));
  const origin = Float32Array.from(state.weights);
  let weights = origin;
  const batches = rowsOfSteps(y.length, batchSize, seed);
  for (let step = 1; step <= localSteps; step += 1) {
    await yieldToOthers();
    signal?.throwIfAborted();
    const chosen = batches.next().value;
    const parts = partsOf(chosen, rows);
    const slopes = meanOf(await gradients.take(weights, parts, stepSeed(seed, step)), parts, chosen.length);
    const slopeAt = (weight: number, i: number): number => {
      const slope = Math.fround(slopes[i] ?? 0);
      const drifted = drift ? Math.fround(slope + Math.fround(drift[i] ?? 0)) : slope;
      return mu === 0 ? drifted : Math.fround(drifted + Math.fround(Math.fround(weight - (origin[i] ?? 0)) * mu));
    };
    weights = weights.map((weight, i) => weight - Math.fround(slopeAt(weight, i) * rate));
    const reached = weights;
    await inspect(step, () => Promise.resolve(reached));
  }
  return weights;
}

function meanOf(gradients: readonly Float32Array[], parts: readonly Uint32Array[], rows: number): Float64Array {
  const mean = new Float64Array(gradients[0]?.length ?? 0);
  for (const [part, gradient] of gradients.entries()) {
    const share = (parts[part]?.length ?? 0) / rows;
    for (let i = 0; i < mean.length; i += 1) mean[i] = (mean[i] ?? 0) + (gradient[i] ?? 0) * share;
  }
  return mean;
}
