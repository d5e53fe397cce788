import type { Rows } from '@consilium/cohort';
import { Algorithm, Model, modelLayers, Outcome, sortTensors, type InputShape, type LocalAlgorithm } from '@consilium/protocol';
import type { LearningStudy } from '../src/index.js';

const FEDADAM = { name: 'fedadam', rounds: 5, localSteps: 10, learningRate: 0.05 };
const LOGISTIC = { type: 'logistic-regression' };

/** A study over `inputs` columns; what is not said is logistic regression with full batch FedAdam. */
export function smallStudy(
  parts: { inputs?: number; image?: InputShape; outcome?: object; model?: object; algorithm?: object; seed?: number } = {},
): LearningStudy & { readonly algorithm: LocalAlgorithm } {
  const model = Model.parse({ ...LOGISTIC, ...parts.model });
  const algorithm = Algorithm.parse({ ...FEDADAM, ...parts.algorithm }) as LocalAlgorithm;
  const outcome = Outcome.parse(parts.outcome ?? { column: 'y', positive: '> 0' });
  const layers = modelLayers(model, parts.image ?? { kind: 'columns', columns: parts.inputs ?? 4 }, outcome);
  const { shared, local } = sortTensors(layers, algorithm.localLayers, model.train);
  const derived = { layers, tensors: shared, ...(local.length > 0 ? { localTensors: local } : {}) };
  return { cohort: { outcome }, model, algorithm, seed: parts.seed ?? 1, derived };
}

export const MLP = { type: 'multilayer-perceptron', hidden: [6, 3] };

/** Reproducible numbers in [0, 1): enough for rows, not for anything that must be random. */
export function sequence(start: number): () => number {
  let state = start;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** One row a patient; the outcome follows the first two columns, with some noise. */
export function someRows(count: number, columns = 4, start = 7): Rows {
  const next = sequence(start);
  const x = Float32Array.from({ length: count * columns }, () => next() * 4 - 2);
  const y = Float32Array.from({ length: count }, (_, row) =>
    (x[row * columns] ?? 0) - (x[row * columns + 1] ?? 0) + next() - 0.5 > 0 ? 1 : 0,
  );
  return { x, y, patients: Int32Array.from({ length: count }, (_, row) => row), patientCount: count };
}

export const SEED = new Uint8Array(32).fill(9);
export const HASH = 'ab'.repeat(32);
