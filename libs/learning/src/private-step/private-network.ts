import type { Rows } from '@consilium/cohort';
import { weightOf, type Layer, type Outcome, type RecordWeights } from '@consilium/protocol';
import type { Augment } from '../training/augment.js';
import { recordSize } from '../network/record-shape.js';
import type { Address, Workspace } from './kernels.js';
import { layersOn } from './layers-on.js';
import { isWeighted, type PrivateLayer, type WeightedLayer } from './private-layer.js';
import { recordSlope, type RecordSlope } from './record-slope.js';
import { rowsTogether, workOfRecord } from './record-cost.js';
import { padded, signal, type Signal } from './signal.js';

/** A layer with parameters, and where its part begins. */
export interface Placed {
  readonly layer: WeightedLayer;
  /** In the model's weights. */
  readonly weights: number;
  /** In a padded vector over all parameters. */
  readonly offset: number;
  /** In the integers of a single record. */
  readonly own: number;
}

/**
 * The loss of a network, and its gradient for up to `rows` records at once, each by itself. In 32-bit floats, each record
 * with the same operations in the same order whoever stands beside it: neither a patient's integers nor anybody else's
 * change when a patient comes or goes.
 */
export class PrivateNetwork {
  /** Records that are worked on together. */
  readonly rows: number;
  /** What one record costs, in nanoseconds or so. */
  readonly work: number;
  readonly placed: readonly Placed[];
  /** Values of a vector over all parameters, with its padding. */
  readonly length: number;
  /** Values of a single record's integers. */
  readonly recordLength: number;
  readonly #layers: readonly PrivateLayer[];
  /** From the first layer that learns on. */
  readonly #learning: readonly PrivateLayer[];
  readonly #slope: RecordSlope;
  readonly #first: Signal;
  readonly #last: Signal;
  readonly #squares: Address;

  constructor(
    private readonly workspace: Workspace,
    stack: readonly Layer[],
    outcome: Outcome,
    private readonly recordWeights?: RecordWeights,
  ) {
    this.rows = rowsTogether(stack);
    this.work = workOfRecord(stack);
    this.#slope = recordSlope(outcome);
    this.#first = signal(workspace, this.rows, recordSize(stack));
    this.#squares = workspace.room(this.rows * 8);
    const { layers, last } = layersOn(workspace, stack, this.rows, this.#first);
    this.#last = last;
    this.#layers = layers;
    this.#learning = layers.slice(layers.findIndex(isWeighted));
    const placed: Placed[] = [];
    let weights = 0;
    let offset = 0;
    let own = 0;
    for (const layer of layers.filter(isWeighted)) {
      placed.push({ layer, weights, offset, own });
      weights += layer.parameters;
      offset += layer.length;
      own += layer.recordLength;
    }
    this.placed = placed;
    this.length = offset;
    this.recordLength = own;
  }

  load(weights: Float64Array): void {
    for (const { layer, weights: from } of this.placed) layer.load(weights.subarray(from, from + layer.parameters));
  }

  /**
   * Forward and back.
   * @param records - row numbers, at most `rows`
   * @param augment - how each record is changed, whoever stands beside it
   * @returns the squared norm of each record's gradient; a view
   */
  run({ x, y }: Pick<Rows, 'x' | 'y'>, records: Uint32Array, augment?: Augment): Float64Array {
    const rows = padded(records.length, 4);
    this.#gather(x, records, augment);
    for (const layer of this.#layers) layer.forward(rows);
    this.#lossSlopes({ x, y }, records);
    for (const layer of this.#learning.toReversed()) layer.backward(rows);
    const squares = this.workspace.doubles(this.#squares, this.rows).fill(0);
    for (const { layer } of this.placed) layer.addSquares(records.length, this.#squares);
    return squares;
  }

  /** target += a vector without its padding. @param vector - `length` values @param target - as the model's tensors lie */
  unpack(vector: Int32Array | Float32Array, target: Float64Array): void {
    for (const { layer, weights, offset } of this.placed)
      layer.unpack(vector.subarray(offset, offset + layer.length), target.subarray(weights, weights + layer.parameters));
  }

  #gather(x: Float32Array, records: Uint32Array, augment: Augment | undefined): void {
    const { width, stride, values } = this.#first;
    const target = this.workspace.floats(values, this.rows * stride);
    for (let index = 0; index < records.length; index += 1) {
      const row = records[index] ?? 0;
      const record = x.subarray(row * width, (row + 1) * width);
      if (augment) augment(record, target.subarray(index * stride, index * stride + width));
      else target.set(record, index * stride);
    }
  }

  #lossSlopes({ x, y }: Pick<Rows, 'x' | 'y'>, records: Uint32Array): void {
    const { width, stride, values, slopes } = this.#last;
    const outputs = this.workspace.floats(values, this.rows * stride);
    const target = this.workspace.floats(slopes, this.rows * stride);
    for (let index = 0; index < records.length; index += 1) {
      const from = index * stride;
      const row = records[index] ?? 0;
      const own = target.subarray(from, from + width);
      this.#slope(outputs.subarray(from, from + width), y[row] ?? 0, own);
      // Clipping comes after it: a weighted record moves the sum no further than another.
      if (this.recordWeights) {
        const weight = weightOf(this.recordWeights, x, row * this.#first.width);
        for (let output = 0; output < width; output += 1) own[output] = (own[output] ?? 0) * weight;
      }
    }
  }
}
