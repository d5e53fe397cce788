import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';

/** A loss on one batch, whose outcomes lie on the engine in the form that it needs. */
export interface BatchLoss {
  /** d Σ loss / d outputs, [rows, outputs], in closed form; finite for large outputs. Call it within `tf.tidy`. */
  readonly slope: (outputs: Tensor2D) => Tensor2D;
  readonly dispose: () => void;
}

/**
 * What training minimises for one kind of outcome, and what the outputs mean. Each is a negative logarithm of a likelihood,
 * but for terms without weights. Slopes are computed on the engine; all else in 64 bits from outputs that were read back,
 * row-major [rows, outputs]. `y` is one number a row as `Outcome` of the protocol defines it.
 */
export interface Loss {
  /** Puts a batch's outcomes on the engine; the caller disposes them. */
  readonly on: (tf: Engine, y: Float32Array) => BatchLoss;
  /** The loss of each row. Cox: of each event against all rows, 0 for the others. */
  readonly ofRows: (outputs: Float32Array, y: Float32Array) => Float64Array;
  /** Numbers of a prediction. */
  readonly width: number;
  /** Predictions in the outcome's own unit, row-major [rows, width]; each loss says what they are. */
  readonly predict: (outputs: Float32Array) => Float64Array;
  /** One number a row, the larger the more, or the sooner, is expected; absent where kinds have no order. */
  readonly scores?: (outputs: Float32Array) => Float64Array;
}
