import type { Engine } from '../engine/engine.js';
import { batches } from '../random/batches.js';
import type { Rows } from '@consilium/cohort';
import type { Batch } from './dense-network.js';

/** Hands out one batch a step, and frees it afterwards; `close` the source at the end. */
export interface BatchSource {
  withNext<T>(use: (batch: Batch) => T): T;
  close(): void;
}

/** Copies the chosen rows: on WebAssembly this is faster than the engine's gather and slice. */
function batchOf(tf: Engine, rows: Rows, columns: number, chosen: Uint32Array): Batch {
  const count = chosen.length;
  const x = new Float32Array(count * columns);
  const xTransposed = new Float32Array(count * columns);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const row = chosen[i] ?? 0;
    y[i] = rows.y[row] ?? 0;
    for (let column = 0; column < columns; column += 1) {
      const value = rows.x[row * columns + column] ?? 0;
      x[i * columns + column] = value;
      xTransposed[column * count + i] = value;
    }
  }
  return {
    x: tf.tensor2d(x, [count, columns]),
    xTransposed: tf.tensor2d(xTransposed, [columns, count]),
    y: tf.tensor2d(y, [count, 1]),
  };
}

const dispose = ({ x, xTransposed, y }: Batch): void => [x, xTransposed, y].forEach((tensor) => tensor.dispose());

/**
 * All rows in every step, or `batchSize` of them, without replacement within an epoch; the last of an epoch may be short.
 * @param rows - at least one row
 */
export function batchSource(tf: Engine, rows: Rows, columns: number, batchSize: number | 'full', seed: Uint8Array): BatchSource {
  const count = rows.y.length;
  if (batchSize === 'full' || batchSize >= count) {
    const all = batchOf(
      tf,
      rows,
      columns,
      Uint32Array.from({ length: count }, (_, row) => row),
    );
    return { withNext: (use) => use(all), close: () => dispose(all) };
  }
  const order = batches(count, batchSize, seed);
  return {
    withNext: (use) => {
      const batch = batchOf(tf, rows, columns, order.next().value);
      try {
        return use(batch);
      } finally {
        dispose(batch);
      }
    },
    close: () => undefined,
  };
}
