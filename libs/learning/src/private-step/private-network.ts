import type { Rows } from '@consilium/cohort';
import { weightOf, type Layer, type RecordWeights } from '@consilium/protocol';
import { Bend } from './bend.js';
import { Dense } from './dense.js';
import type { Address, Workspace } from './kernels.js';
import { isWeighted, type PrivateLayer, type WeightedLayer } from './private-layer.js';
import { padded, ROWS, signal, type Signal } from './signal.js';

/** A layer with parameters, and where its part begins: in the model's weights and in a patient's padded vector. */
export interface Placed {
  readonly layer: WeightedLayer;
  readonly weights: number;
  readonly offset: number;
}

/**
 * Binary cross-entropy of a network of dense layers, and its gradient for up to {@link ROWS} records at once, each by itself.
 * In 32-bit floats, each record with the same operations in the same order whoever stands beside it: neither a patient's
 * integers nor anybody else's change when a patient comes or goes.
 */
export class PrivateNetwork {
  readonly placed: readonly Placed[];
  /** Values of a patient's vector with its padding. */
  readonly length: number;
  readonly #layers: readonly PrivateLayer[];
  readonly #first: Signal;
  readonly #last: Signal;
  readonly #squares: Address;

  constructor(
    private readonly workspace: Workspace,
    stack: readonly Layer[],
    private readonly recordWeights?: RecordWeights,
  ) {
    const [first] = stack;
    this.#first = signal(workspace, first?.kind === 'dense' ? first.inputs : 0);
    this.#squares = workspace.room(ROWS * 8);
    const layers: PrivateLayer[] = [];
    let last = this.#first;
    for (const layer of stack) {
      if (layer.kind === 'activation') layers.push(new Bend(workspace, layer.activation, last));
      else if (layer.kind === 'dense') {
        const output = signal(workspace, layer.units);
        layers.push(new Dense(workspace, last, output, layers.length === 0));
        last = output;
      } else throw new TypeError(`a layer without a private form: ${layer.kind}`);
    }
    this.#last = last;
    this.#layers = layers;
    const placed: Placed[] = [];
    let weights = 0;
    let offset = 0;
    for (const layer of layers.filter(isWeighted)) {
      placed.push({ layer, weights, offset });
      weights += layer.parameters;
      offset += layer.length;
    }
    this.placed = placed;
    this.length = offset;
  }

  load(weights: Float64Array): void {
    for (const { layer, weights: from } of this.placed) layer.load(weights.subarray(from, from + layer.parameters));
  }

  /**
   * Forward and back.
   * @param records - row numbers, at most {@link ROWS}
   * @returns the squared norm of each record's gradient; a view
   */
  run({ x, y }: Pick<Rows, 'x' | 'y'>, records: Uint32Array): Float64Array {
    const rows = padded(records.length, 4);
    this.#gather(x, records);
    for (const layer of this.#layers) layer.forward(rows);
    this.#lossSlopes({ x, y }, records);
    for (const layer of this.#layers.toReversed()) layer.backward(rows);
    const squares = this.workspace.doubles(this.#squares, ROWS).fill(0);
    for (const { layer } of this.placed) layer.addSquares(records.length, this.#squares);
    return squares;
  }

  /** target += a vector without its padding. @param vector - `length` values @param target - as the model's tensors lie */
  unpack(vector: Int32Array | Float32Array, target: Float64Array): void {
    for (const { layer, weights, offset } of this.placed)
      layer.unpack(vector.subarray(offset, offset + layer.length), target.subarray(weights, weights + layer.parameters));
  }

  #gather(x: Float32Array, records: Uint32Array): void {
    const { width, stride, values } = this.#first;
    const target = this.workspace.floats(values, ROWS * stride);
    for (let index = 0; index < records.length; index += 1) {
      const row = records[index] ?? 0;
      target.set(x.subarray(row * width, (row + 1) * width), index * stride);
    }
  }

  /** Of binary cross-entropy by the logit: sigmoid less outcome, times the record's weight. Clipping comes after it. */
  #lossSlopes({ x, y }: Pick<Rows, 'x' | 'y'>, records: Uint32Array): void {
    const { stride, values, slopes } = this.#last;
    const logits = this.workspace.floats(values, ROWS * stride);
    const target = this.workspace.floats(slopes, ROWS * stride);
    for (let index = 0; index < records.length; index += 1) {
      const row = records[index] ?? 0;
      const slope = 1 / (1 + Math.exp(-(logits[index * stride] ?? 0))) - (y[row] ?? 0);
      target[index * stride] = this.recordWeights ? slope * weightOf(this.recordWeights, x, row * this.#first.width) : slope;
    }
  }
}
