import type { Rows } from '@consilium/cohort';
import { numbersForRecord, outputCount, type Layer } from '@consilium/protocol';
import { engine } from '../engine/engine.js';
import type { LearningStudy } from '../learning-study.js';
import { lossOf } from '../losses/loss-of.js';
import { outputsOf, runNetwork } from '../network/network.js';
import { recordShape, recordSize } from '../network/record-shape.js';
import { disposeWeights, weightsFrom } from '../network/weights.js';
import type { ModelState } from '../state/model-state.js';

/** A whole state of a study ({@link wholeState}), and the rows to look at. */
export interface Prediction {
  readonly study: LearningStudy;
  readonly state: ModelState;
  readonly rows: Pick<Rows, 'x' | 'y'>;
}

/** Bounds of what lies on the engine at once, whatever the cohort's size: rows, and numbers in all layers (256 MiB). */
const ROWS_AT_ONCE = 65_536;
const NUMBERS_AT_ONCE = 2 ** 26;

const rowsAtOnce = (layers: readonly Layer[]): number =>
  Math.max(1, Math.min(ROWS_AT_ONCE, Math.floor(NUMBERS_AT_ONCE / numbersForRecord(layers))));

/** What the model's last layer gives for each row, as the engine computes it (32 bits), row-major [rows, outputs]. */
export async function modelOutputs({ study, state, rows }: Prediction): Promise<Float32Array> {
  const tf = await engine();
  const { layers } = study.derived;
  const size = recordSize(layers);
  const width = outputCount(study.cohort.outcome);
  const count = rows.y.length;
  const atOnce = rowsAtOnce(layers);
  const values = new Float32Array(count * width);
  const weights = weightsFrom(tf, state.tensors, state.weights);
  try {
    for (let start = 0; start < count; start += atOnce) {
      const end = Math.min(count, start + atOnce);
      const chunk = tf.tidy(() => {
        const x = tf.tensor(rows.x.subarray(start * size, end * size), [end - start, ...recordShape(layers)]);
        return outputsOf(runNetwork(tf, layers, weights, { x }, false));
      });
      values.set(await chunk.data<'float32'>(), start * width);
      chunk.dispose();
    }
    return values;
  } finally {
    disposeWeights(weights);
  }
}

/**
 * Predictions in the outcome's own unit, row-major. A binary outcome: the probability of a positive one. Classes and levels:
 * the probability of each. A quantity in its unit, an expected count, a relative hazard (Cox), or the probability of no
 * event up to each interval's end.
 */
export async function predict(prediction: Prediction): Promise<Float64Array> {
  return lossOf(prediction.study.cohort.outcome).predict(await modelOutputs(prediction));
}

/** One number a row that ranks rows, the largest for most or soonest; undefined for classes, which have no order. */
export async function riskScores(prediction: Prediction): Promise<Float64Array | undefined> {
  return lossOf(prediction.study.cohort.outcome).scores?.(await modelOutputs(prediction));
}

/** Share of rows whose likeliest class, level or side of probability 0.5 is theirs; undefined without rows or for other outcomes. */
export async function accuracy(prediction: Prediction): Promise<number | undefined> {
  const { outcome } = prediction.study.cohort;
  const { y } = prediction.rows;
  if (y.length === 0 || !(outcome.type === 'binary' || outcome.type === 'class' || outcome.type === 'ordinal')) return undefined;
  const probabilities = await predict(prediction);
  const width = probabilities.length / y.length;
  const guess = (row: number): number => {
    if (width === 1) return (probabilities[row] ?? 0) >= 0.5 ? 1 : 0;
    const own = probabilities.subarray(row * width, (row + 1) * width);
    return own.indexOf(own.reduce((a, b) => Math.max(a, b), -Infinity));
  };
  return y.reduce((sum, value, row) => sum + (guess(row) === value ? 1 : 0), 0) / y.length;
}

/** Probability 0.5 or more. */
export const isPositive = (logit: number): boolean => logit >= 0;
