import type { Layer } from '@consilium/protocol';
import type { Address, ConvolutionWindow, Workspace } from './kernels.js';
import type { WeightedLayer } from './private-layer.js';
import { RecordGradients } from './record-gradients.js';
import { padded, type Signal } from './signal.js';

type Shape = Extract<Layer, { kind: 'convolution' }>;

/** Values of the patches that are worked on at once: with their weights they stay in the nearest cache. */
const PATCH_VALUES = 8_192;

/** Places beyond the edge before the first, as `same` padding has it. */
const before = (inputs: number, outputs: number, { size, stride }: Shape): number =>
  Math.floor(Math.max(0, (outputs - 1) * stride + size - inputs) / 2);

/**
 * Convolution with `same` padding, record by record: each place's patch of the image is a row, so that the layer is the dense
 * one of those rows (Chellapilla et al. 2006), some output rows at a time. Kernel and bias are one matrix
 * [size · size · channels + 1, filters], because each patch ends in a 1. A record's gradient is the sum of outer products
 * over all places: it is written down once on the way back.
 */
export class Convolution extends RecordGradients implements WeightedLayer {
  readonly parameters: number;
  readonly #window: ConvolutionWindow;
  /** Values of a patch with its 1, of a row of the matrix, and both padded to 4. */
  readonly #depth: number;
  readonly #patchStride: number;
  readonly #filters: number;
  readonly #filterStride: number;
  /** Output rows that are worked on at once. */
  readonly #block: number;
  /** [patchStride, filterStride]; and without the 1's row, transposed: [filters, patchStride]. */
  readonly #weights: Address;
  readonly #transposed: Address;
  readonly #patches: Address;
  readonly #patchSlopes: Address;
  /** A block's outputs or their slopes, [places padded to 4, filterStride], where they don't lie in whole vectors. */
  readonly #places: Address;

  /** @param lowest - nothing below it needs a slope */
  constructor(
    workspace: Workspace,
    rows: number,
    private readonly layer: Shape,
    private readonly input: Signal,
    private readonly output: Signal,
    private readonly lowest: boolean,
  ) {
    const { input: image, output: made, size, stride } = layer;
    const depth = size * size * image.channels + 1;
    super(workspace, rows, padded(depth, 4) * padded(made.channels, 4));
    const top = before(image.height, made.height, layer);
    const left = before(image.width, made.width, layer);
    this.#window = [image.height, image.width, image.channels, size, stride, top, left, made.width];
    this.#depth = depth;
    this.#filters = made.channels;
    this.#patchStride = padded(this.#depth, 4);
    this.#filterStride = padded(made.channels, 4);
    this.parameters = this.#depth * made.channels;
    this.#block = Math.max(1, Math.min(made.height, Math.floor(PATCH_VALUES / (this.#patchStride * made.width))));
    const places = padded(this.#block * made.width, 4);
    this.#weights = workspace.room(this.length * 4);
    this.#patches = workspace.room(places * this.#patchStride * 4);
    this.#places = workspace.room(places * this.#filterStride * 4);
    this.#transposed = lowest ? this.#weights : workspace.room(made.channels * this.#patchStride * 4);
    this.#patchSlopes = lowest ? this.#patches : workspace.room(places * this.#patchStride * 4);
    workspace.kernels.setColumn(this.#patches, this.#patchStride, places, this.#depth - 1, 1);
  }

  load(weights: Float64Array): void {
    const own = this.workspace.floats(this.#weights, this.length);
    for (let i = 0; i < this.#depth; i += 1) own.set(weights.subarray(i * this.#filters, (i + 1) * this.#filters), i * this.#filterStride);
    if (this.lowest) return;
    const transposed = this.workspace.floats(this.#transposed, this.#filters * this.#patchStride);
    for (let filter = 0; filter < this.#filters; filter += 1)
      for (let i = 0; i < this.#depth - 1; i += 1) transposed[filter * this.#patchStride + i] = own[i * this.#filterStride + filter] ?? 0;
  }

  forward(rows: number): void {
    const { kernels } = this.workspace;
    for (let row = 0; row < rows; row += 1)
      for (const { from, to, places, whole } of this.#blocks()) {
        const values = this.#outputAt(this.output.values, row, from);
        kernels.patches(this.#imageAt(this.input.values, row), ...this.#window, from, to, this.#patches, this.#patchStride);
        const target = whole ? values : this.#places;
        const width = this.#filterStride;
        kernels.multiply(this.#patches, this.#patchStride, this.#weights, target, width, padded(places, 4), this.#depth, width);
        if (!whole) this.#narrow(values, places);
      }
  }

  backward(rows: number): void {
    const { kernels } = this.workspace;
    this.workspace.floats(this.gradientAt(0), rows * this.length).fill(0);
    if (!this.lowest) this.workspace.floats(this.input.slopes, rows * this.input.stride).fill(0);
    for (let row = 0; row < rows; row += 1)
      for (const { from, to, places, whole } of this.#blocks()) {
        const at = this.#outputAt(this.output.slopes, row, from);
        const slopes = whole ? at : this.#widened(at, places);
        const depth = this.#patchStride;
        kernels.patches(this.#imageAt(this.input.values, row), ...this.#window, from, to, this.#patches, depth);
        kernels.addTransposed(this.#patches, depth, slopes, this.gradientAt(row), places, depth, this.#filterStride);
        if (this.lowest) continue;
        kernels.multiply(slopes, this.#filterStride, this.#transposed, this.#patchSlopes, depth, padded(places, 4), this.#filters, depth);
        kernels.addPatches(this.#imageAt(this.input.slopes, row), ...this.#window, from, to, this.#patchSlopes, depth);
      }
  }

  unpack(from: Int32Array | Float32Array, target: Float64Array): void {
    for (let i = 0; i < this.#depth; i += 1)
      for (let filter = 0; filter < this.#filters; filter += 1) {
        const at = i * this.#filters + filter;
        target[at] = (target[at] ?? 0) + (from[i * this.#filterStride + filter] ?? 0);
      }
  }

  /** Output rows `from` to `to` − 1. `whole`: their places can be read and written as they lie, in whole vectors. */
  *#blocks(): Generator<{ readonly from: number; readonly to: number; readonly places: number; readonly whole: boolean }> {
    const { height, width } = this.layer.output;
    for (let from = 0; from < height; from += this.#block) {
      const to = Math.min(height, from + this.#block);
      const places = (to - from) * width;
      yield { from, to, places, whole: this.#filters === this.#filterStride && places % 4 === 0 };
    }
  }

  #imageAt(signal: Address, row: number): Address {
    return signal + row * this.input.stride * 4;
  }

  #outputAt(signal: Address, row: number, line: number): Address {
    return signal + (row * this.output.stride + line * this.layer.output.width * this.#filters) * 4;
  }

  #narrow(values: Address, places: number): void {
    const wide = this.workspace.floats(this.#places, places * this.#filterStride);
    const target = this.workspace.floats(values, places * this.#filters);
    for (let place = 0; place < places; place += 1) {
      const from = place * this.#filterStride;
      for (let filter = 0; filter < this.#filters; filter += 1) target[place * this.#filters + filter] = wide[from + filter] ?? 0;
    }
  }

  #widened(slopes: Address, places: number): Address {
    const wide = this.workspace.floats(this.#places, padded(places, 4) * this.#filterStride).fill(0);
    const source = this.workspace.floats(slopes, places * this.#filters);
    for (let place = 0; place < places; place += 1)
      for (let filter = 0; filter < this.#filters; filter += 1)
        wide[place * this.#filterStride + filter] = source[place * this.#filters + filter] ?? 0;
    return this.#places;
  }
}
