import type { Address, Workspace } from './kernels.js';
import type { WeightedLayer } from './private-layer.js';
import { padded, type Signal } from './signal.js';

/**
 * One score x·kernel under a bias for each cut point. By the score a record's slope is the sum over its cut points: the
 * gradient is x times that sum, and the slopes themselves.
 */
export class Cuts implements WeightedLayer {
  readonly length: number;
  readonly recordLength: number;
  readonly parameters: number;
  readonly #inputs: number;
  readonly #cuts: number;
  /** [inputs, 4] with the kernel in the first column, and [1, inputs padded to 4]. */
  readonly #kernel: Address;
  readonly #transposed: Address;
  readonly #bias: Float64Array;
  /** [rows, 4]: scores on the way forward, their slopes on the way back; zeros but for the first column going back. */
  readonly #scores: Address;
  /** 1, 0, 0, 0. */
  readonly #one: Address;

  constructor(
    private readonly workspace: Workspace,
    rows: number,
    private readonly input: Signal,
    private readonly output: Signal,
    private readonly lowest: boolean,
  ) {
    this.#inputs = input.width;
    this.#cuts = output.width;
    this.parameters = input.width + output.width;
    this.length = padded(input.width, 8) + padded(output.width, 8);
    this.recordLength = this.length;
    this.#kernel = workspace.room(input.width * 16);
    this.#transposed = workspace.room(padded(input.width, 4) * 4);
    this.#bias = new Float64Array(output.width);
    this.#scores = workspace.room(rows * 16);
    this.#one = workspace.room(16);
    workspace.floats(this.#one, 1)[0] = 1;
  }

  load(weights: Float64Array): void {
    const kernel = this.workspace.floats(this.#kernel, this.#inputs * 4);
    for (let i = 0; i < this.#inputs; i += 1) kernel[i * 4] = weights[i] ?? 0;
    this.workspace.floats(this.#transposed, this.#inputs).set(weights.subarray(0, this.#inputs));
    this.#bias.set(weights.subarray(this.#inputs));
  }

  forward(rows: number): void {
    const { input, output } = this;
    this.workspace.kernels.multiply(input.values, input.stride, this.#kernel, this.#scores, 4, rows, this.#inputs, 4);
    const scores = this.workspace.floats(this.#scores, rows * 4);
    const values = this.workspace.floats(output.values, rows * output.stride);
    for (let row = 0; row < rows; row += 1)
      for (let k = 0; k < this.#cuts; k += 1) values[row * output.stride + k] = (scores[row * 4] ?? 0) + (this.#bias[k] ?? 0);
  }

  backward(rows: number): void {
    const { input, output } = this;
    const scores = this.workspace.floats(this.#scores, rows * 4).fill(0);
    const slopes = this.workspace.floats(output.slopes, rows * output.stride);
    for (let row = 0; row < rows; row += 1) {
      let sum = 0;
      for (let k = 0; k < this.#cuts; k += 1) sum += slopes[row * output.stride + k] ?? 0;
      scores[row * 4] = sum;
    }
    if (this.lowest) return;
    const width = padded(this.#inputs, 4);
    this.workspace.kernels.multiply(this.#scores, 4, this.#transposed, input.slopes, input.stride, rows, 1, width);
  }

  addSquares(rows: number, out: Address): void {
    const { input, output } = this;
    const { addOuterSquares } = this.workspace.kernels;
    addOuterSquares(input.values, input.stride, input.stride, this.#scores, 4, 4, rows, out);
    addOuterSquares(this.#one, 0, 4, output.slopes, output.stride, output.stride, rows, out);
  }

  round(row: number, scale: number, z: Address): void {
    const { input, output } = this;
    const across = padded(this.#inputs, 8);
    const { round, roundOuter } = this.workspace.kernels;
    roundOuter(this.#scores + row * 16, 1, input.values + row * input.stride * 4, across, scale, z);
    round(output.slopes + row * output.stride * 4, padded(this.#cuts, 8), scale, z + across * 2);
  }

  join(_row: number, z: Address, sum: Address): void {
    this.workspace.kernels.addIntegers(sum, z, this.length);
  }

  add(row: number, share: number, v: Address): void {
    const { input, output } = this;
    const across = padded(this.#inputs, 8);
    const { addOuter } = this.workspace.kernels;
    addOuter(this.#scores + row * 16, 1, input.values + row * input.stride * 4, across, share, v);
    addOuter(this.#one, 1, output.slopes + row * output.stride * 4, padded(this.#cuts, 8), share, v + across * 4);
  }

  unpack(from: Int32Array | Float32Array, target: Float64Array): void {
    const across = padded(this.#inputs, 8);
    for (let i = 0; i < this.#inputs; i += 1) target[i] = (target[i] ?? 0) + (from[i] ?? 0);
    for (let k = 0; k < this.#cuts; k += 1) target[this.#inputs + k] = (target[this.#inputs + k] ?? 0) + (from[across + k] ?? 0);
  }
}
