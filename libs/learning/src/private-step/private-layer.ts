import type { Address } from './kernels.js';

/** One layer of a network whose records keep apart: what it does to a record depends on no other record, bit for bit. */
export interface PrivateLayer {
  /** Values of its output from those of its input. @param rows - a multiple of 4; rows beyond the records hold anything */
  forward(rows: number): void;
  /** Slopes of its input from those of its output. */
  backward(rows: number): void;
}

/**
 * A layer with parameters: it gives the gradient of each record, by itself. Dense layers never write it down where whole
 * numbers are all that is needed of it; a layer without such a short cut (convolution) fills a buffer and has it rounded.
 * The gradient lies as the layer likes, padded with zeros; `unpack` says what is where.
 */
export interface WeightedLayer extends PrivateLayer {
  /** Values of its gradient with padding, a multiple of 8. */
  readonly length: number;
  /** Values of a single record's integers, a multiple of 8: fewer than `length` where a record touches few parameters. */
  readonly recordLength: number;
  /** Values of its tensors, one after the other as in the model. */
  readonly parameters: number;
  /** @param weights - `parameters` values */
  load(weights: Float64Array): void;
  /** out[row] += squared norm of the gradient of record `row`; 64-bit floats. */
  addSquares(rows: number, out: Address): void;
  /** z = the integers nearest to scale · gradient of record `row`; `recordLength` of 16 bits. */
  round(row: number, scale: number, z: Address): void;
  /** Adds what `round` made of record `row` to a sum of `length` 32-bit integers, each value to a place of its own. */
  join(row: number, z: Address, sum: Address): void;
  /** v += share · gradient of record `row`; `length` 32-bit floats. */
  add(row: number, share: number, v: Address): void;
  /** Takes out the padding. @param target - `parameters` values, added to */
  unpack(padded: Int32Array | Float32Array, target: Float64Array): void;
}

export const isWeighted = (layer: PrivateLayer): layer is WeightedLayer => 'load' in layer;
