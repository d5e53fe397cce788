import type { Rows } from '@consilium/cohort';
import { weightOf, type Layer, type RecordWeights } from '@consilium/protocol';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { BatchLoss, Loss } from '../losses/loss.js';
import type { Batch } from '../network/descend.js';
import { recordShape, recordSize } from '../network/record-shape.js';
import { batches } from '../random/batches.js';
import { augmentIn, stepSeed, type Augment, type AugmentationRule } from './augment.js';

/** Hands out one batch a step, and frees it afterwards; `close` the source at the end. */
export interface BatchSource {
  withNext<T>(use: (batch: Batch) => T): T;
  close(): void;
}

/** What decides what a batch is. */
export interface BatchRules {
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  /** Absent: every record weighs the same. */
  readonly weights?: RecordWeights | undefined;
  /** Absent: records are taken as they are. */
  readonly augmentation?: AugmentationRule | undefined;
}

/** The loss of each record times its weight; the mean is still one over the number of records. */
function weighted(tf: Engine, loss: BatchLoss, weights: Float32Array): BatchLoss {
  const factors = tf.tensor2d(weights, [weights.length, 1]);
  return {
    slope: (outputs) => tf.mul<Tensor2D>(loss.slope(outputs), factors),
    dispose: () => {
      loss.dispose();
      factors.dispose();
    },
  };
}

/**
 * Copies the chosen rows: on WebAssembly this is faster than the engine's gather and slice.
 * @param augment - how images are changed on the way
 */
export function batchOf(
  tf: Engine,
  rows: Pick<Rows, 'x' | 'y'>,
  { layers, loss, weights }: BatchRules,
  chosen: Uint32Array,
  augment?: Augment,
): Batch {
  const count = chosen.length;
  const size = recordSize(layers);
  const transposable = layers[0]?.kind === 'dense' || layers[0]?.kind === 'cuts';
  const x = new Float32Array(count * size);
  const xTransposed = new Float32Array(transposable ? count * size : 0);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const row = chosen[i] ?? 0;
    y[i] = rows.y[row] ?? 0;
    if (augment) augment(rows.x.subarray(row * size, (row + 1) * size), x.subarray(i * size, (i + 1) * size));
    else if (!transposable) x.set(rows.x.subarray(row * size, (row + 1) * size), i * size);
    else
      for (let column = 0; column < size; column += 1) {
        const value = rows.x[row * size + column] ?? 0;
        x[i * size + column] = value;
        xTransposed[column * count + i] = value;
      }
  }
  return {
    rows: count,
    x: tf.tensor(x, [count, ...recordShape(layers)]),
    transposed: transposable ? tf.tensor2d(xTransposed, [size, count]) : undefined,
    loss: weights
      ? weighted(
          tf,
          loss.on(tf, y),
          Float32Array.from(chosen, (row) => weightOf(weights, rows.x, row * size)),
        )
      : loss.on(tf, y),
  };
}

export const disposeBatch = ({ x, transposed, loss }: Batch): void => [x, transposed, loss].forEach((held) => held?.dispose());

/** Row numbers of one step after the other, as {@link batchSource} takes them. */
export function* rowsOfSteps(count: number, batchSize: number | 'full', seed: Uint8Array): Generator<Uint32Array, never> {
  if (batchSize !== 'full' && batchSize < count) return yield* batches(count, batchSize, seed);
  const everybody = Uint32Array.from({ length: count }, (_, row) => row);
  while (true) yield everybody;
}

/**
 * All rows in every step, or `batchSize` of them, without replacement within an epoch; the last of an epoch may be short.
 * @param rows - at least one row, as wide as the first layer takes them
 */
export function batchSource(tf: Engine, rows: Rows, rules: BatchRules, batchSize: number | 'full', seed: Uint8Array): BatchSource {
  const count = rows.y.length;
  const order = rowsOfSteps(count, batchSize, seed);
  if (!rules.augmentation && (batchSize === 'full' || batchSize >= count)) {
    const all = batchOf(tf, rows, rules, order.next().value);
    return { withNext: (use) => use(all), close: () => disposeBatch(all) };
  }
  let step = 0;
  return {
    withNext: (use) => {
      step += 1;
      const augment = rules.augmentation && augmentIn(rules.augmentation, stepSeed(seed, step));
      const batch = batchOf(tf, rows, rules, order.next().value, augment);
      try {
        return use(batch);
      } finally {
        disposeBatch(batch);
      }
    },
    close: () => undefined,
  };
}
