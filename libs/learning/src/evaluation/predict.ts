import { engine } from '../engine/engine.js';
import type { LearningStudy } from '../learning-study.js';
import type { Rows } from '@consilium/cohort';
import type { ModelState } from '../state/model-state.js';
import { disposeLayers, layersFrom } from '../training/dense-layers.js';
import { activationOf, forward } from '../training/dense-network.js';

/** A state of a study, and the rows to look at. */
export interface Prediction {
  readonly study: LearningStudy;
  readonly state: ModelState;
  readonly rows: Pick<Rows, 'x' | 'y'>;
}

/** Rows on the engine at once: bounds memory whatever the cohort's size. */
const ROWS_AT_ONCE = 65_536;

/** The model's logit for each row, as the engine computes it (32 bits). */
export async function logits({ study, state, rows }: Prediction): Promise<Float32Array> {
  const tf = await engine();
  const columns = study.derived.tensors[0]?.shape[0] ?? 0;
  const count = rows.y.length;
  const values = new Float32Array(count);
  const layers = layersFrom(tf, study.derived.tensors, state.weights);
  for (let start = 0; start < count; start += ROWS_AT_ONCE) {
    const end = Math.min(count, start + ROWS_AT_ONCE);
    const chunk = tf.tidy(() => {
      const x = tf.tensor2d(rows.x.subarray(start * columns, end * columns), [end - start, columns]);
      return forward(tf, layers, activationOf(study.model), x).logits;
    });
    values.set(await chunk.data<'float32'>(), start);
    chunk.dispose();
  }
  disposeLayers(layers);
  return values;
}

/** Probability of a positive outcome for each row, in [0, 1]. */
export async function predict(prediction: Prediction): Promise<Float64Array> {
  return Float64Array.from(await logits(prediction), (logit) => 1 / (1 + Math.exp(-logit)));
}

/** Share of rows on the right side of probability 0.5; undefined without rows. */
export async function accuracy(prediction: Prediction): Promise<number | undefined> {
  const { y } = prediction.rows;
  if (y.length === 0) return undefined;
  const right = (await logits(prediction)).reduce((sum, logit, row) => sum + (isPositive(logit) === (y[row] === 1) ? 1 : 0), 0);
  return right / y.length;
}

/** Probability 0.5 or more. */
export const isPositive = (logit: number): boolean => logit >= 0;
