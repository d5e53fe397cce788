import type { Address, Workspace } from './kernels.js';
import type { WeightedLayer } from './private-layer.js';
import { padded, type Signal } from './signal.js';

/** One factor of a record's outer product: where its rows begin, bytes from one row to the next, and its length. */
interface Factor {
  readonly at: Address;
  readonly step: number;
  readonly count: number;
}

/**
 * Dense layer: kernel [inputs, units] and bias [units] are one matrix [inputs + 1, units], because each input row ends in a 1.
 * The gradient of a record is the outer product of that row and the output's slope (Goodfellow 2015, arXiv 1510.01799),
 * written with the side across that takes less padding.
 */
export class Dense implements WeightedLayer {
  readonly length: number;
  readonly recordLength: number;
  readonly parameters: number;
  readonly #inputs: number;
  readonly #units: number;
  /** [inputs + 1, units padded to 4], and its transpose without the bias [units, inputs padded to 4], for the way back. */
  readonly #weights: Address;
  readonly #transposed: Address;
  readonly #unitsAcross: boolean;
  readonly #down: Factor;
  /** Padded to whole vectors. */
  readonly #across: Factor;

  /** @param lowest - nothing below it needs a slope */
  constructor(
    private readonly workspace: Workspace,
    private readonly input: Signal,
    private readonly output: Signal,
    private readonly lowest: boolean,
  ) {
    const inputs = input.width;
    const units = output.width;
    this.#inputs = inputs;
    this.#units = units;
    this.parameters = (inputs + 1) * units;
    this.#weights = workspace.room((inputs + 1) * padded(units, 4) * 4);
    this.#transposed = lowest ? this.#weights : workspace.room(units * padded(inputs, 4) * 4);
    const across = (inputs + 1) * padded(units, 8);
    const along = units * padded(inputs + 1, 8);
    this.#unitsAcross = across <= along;
    this.length = Math.min(across, along);
    this.recordLength = this.length;
    const values = { at: input.values, step: input.stride * 4, count: inputs + 1 };
    const slopes = { at: output.slopes, step: output.stride * 4, count: units };
    const [down, wide] = this.#unitsAcross ? [values, slopes] : [slopes, values];
    this.#down = down;
    this.#across = { ...wide, count: padded(wide.count, 8) };
  }

  load(weights: Float64Array): void {
    const inputs = this.#inputs;
    const units = this.#units;
    const row = padded(units, 4);
    const own = this.workspace.floats(this.#weights, (inputs + 1) * row);
    for (let i = 0; i <= inputs; i += 1) own.set(weights.subarray(i * units, (i + 1) * units), i * row);
    if (this.lowest) return;
    const column = padded(inputs, 4);
    const transposed = this.workspace.floats(this.#transposed, units * column);
    for (let i = 0; i < inputs; i += 1)
      for (let unit = 0; unit < units; unit += 1) transposed[unit * column + i] = own[i * row + unit] ?? 0;
  }

  forward(rows: number): void {
    const { setColumn, multiply } = this.workspace.kernels;
    const { input, output } = this;
    setColumn(input.values, input.stride, rows, this.#inputs, 1);
    multiply(input.values, input.stride, this.#weights, output.values, output.stride, rows, this.#inputs + 1, padded(this.#units, 4));
  }

  backward(rows: number): void {
    if (this.lowest) return;
    const { input, output } = this;
    const width = padded(this.#inputs, 4);
    this.workspace.kernels.multiply(output.slopes, output.stride, this.#transposed, input.slopes, input.stride, rows, this.#units, width);
  }

  addSquares(rows: number, out: Address): void {
    const { input, output } = this;
    this.workspace.kernels.addOuterSquares(
      input.values,
      input.stride,
      input.stride,
      output.slopes,
      output.stride,
      output.stride,
      rows,
      out,
    );
  }

  round(row: number, scale: number, z: Address): void {
    const down = this.#down;
    const across = this.#across;
    this.workspace.kernels.roundOuter(down.at + row * down.step, down.count, across.at + row * across.step, across.count, scale, z);
  }

  join(_row: number, z: Address, sum: Address): void {
    this.workspace.kernels.addIntegers(sum, z, this.length);
  }

  add(row: number, share: number, v: Address): void {
    const down = this.#down;
    const across = this.#across;
    this.workspace.kernels.addOuter(down.at + row * down.step, down.count, across.at + row * across.step, across.count, share, v);
  }

  unpack(from: Int32Array | Float32Array, target: Float64Array): void {
    const units = this.#units;
    const width = this.#across.count;
    for (let i = 0; i <= this.#inputs; i += 1)
      for (let unit = 0; unit < units; unit += 1) {
        const at = i * units + unit;
        target[at] = (target[at] ?? 0) + (from[this.#unitsAcross ? i * width + unit : unit * width + i] ?? 0);
      }
  }
}
