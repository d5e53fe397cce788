import type { Layer } from '@consilium/protocol';
import type { Address, Workspace } from './kernels.js';
import type { PrivateLayer } from './private-layer.js';
import type { Signal } from './signal.js';

/** The mean over all places of each channel. */
export class GlobalAverage implements PrivateLayer {
  readonly #places: number;
  /** 64-bit floats [channels]. */
  readonly #sums: Address;

  constructor(
    private readonly workspace: Workspace,
    { input: { height, width, channels } }: Extract<Layer, { kind: 'globalAverage' }>,
    private readonly input: Signal,
    private readonly output: Signal,
  ) {
    this.#places = height * width;
    this.#sums = workspace.room(channels * 8);
  }

  forward(rows: number): void {
    const { width, stride } = this.output;
    const sums = this.workspace.doubles(this.#sums, width);
    const values = this.workspace.floats(this.output.values, rows * stride);
    for (let row = 0; row < rows; row += 1) {
      this.workspace.kernels.columnSums(this.input.values + row * this.input.stride * 4, this.#places, width, this.#sums);
      for (let channel = 0; channel < width; channel += 1) values[row * stride + channel] = (sums[channel] ?? 0) / this.#places;
    }
  }

  backward(rows: number): void {
    const { width, stride, slopes } = this.output;
    for (let row = 0; row < rows; row += 1) {
      const image = this.input.slopes + row * this.input.stride * 4;
      this.workspace.kernels.repeat(slopes + row * stride * 4, 1 / this.#places, this.#places, width, image);
    }
  }
}
