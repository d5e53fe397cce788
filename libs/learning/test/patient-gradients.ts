import type { Rows } from '@consilium/cohort';
import type { Activation, Model, TensorShape } from '@consilium/protocol';
import type { PatientRows } from '../src/training/patient-rows.js';

/** Of the hidden layers; logistic regression has none. */
export const activationOf = (model: Model): Activation => (model.type === 'multilayer-perceptron' ? model.activation : 'tanh');

/** One dense layer in 64-bit numbers. */
interface Layer {
  readonly inputs: number;
  readonly units: number;
  /** [inputs, units], row-major. */
  readonly kernel: Float64Array;
  readonly bias: Float64Array;
  /** Where the layer's kernel begins in the gradient; its bias follows. */
  readonly offset: number;
  /** Outputs of the row at hand after the activation, and the gradient of its loss by what goes into the activation. */
  readonly output: Float64Array;
  readonly slope: Float64Array;
}

/**
 * A loop over patients in 64-bit numbers: the gradient of binary cross-entropy of single patients, averaged over a patient's
 * records, as the model's tensors lie. Shares no line with what it is compared with.
 */
export class PatientGradients {
  readonly #layers: readonly Layer[];
  readonly #gradient: Float64Array;

  constructor(
    tensors: readonly TensorShape[],
    weights: Float64Array,
    private readonly activation: Activation,
  ) {
    this.#layers = layersOf(tensors, weights);
    this.#gradient = new Float64Array(weights.length);
  }

  /** @returns d values; overwritten by the next call */
  of(patient: number, rows: Pick<Rows, 'x' | 'y'>, records: PatientRows): Float64Array {
    this.#gradient.fill(0);
    const own = records.of(patient);
    for (const row of own) this.#addRow(rows, row, 1 / own.length);
    return this.#gradient;
  }

  #addRow({ x, y }: Pick<Rows, 'x' | 'y'>, row: number, share: number): void {
    const layers = this.#layers;
    const columns = layers[0]?.inputs ?? 0;
    const first = x.subarray(row * columns, (row + 1) * columns);
    let input: Float32Array | Float64Array = first;
    for (const [index, layer] of layers.entries()) {
      this.#forward(layer, input, index < layers.length - 1);
      input = layer.output;
    }
    const last = layers.at(-1);
    if (!last) return;
    last.slope[0] = 1 / (1 + Math.exp(-(last.output[0] ?? 0))) - (y[row] ?? 0);
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      const layer = layers[index];
      const below = layers[index - 1];
      if (!layer) continue;
      addOuter(this.#gradient, layer, below ? below.output : first, share);
      if (below) this.#backward(layer, below);
    }
  }

  #forward({ inputs, units, kernel, bias, output }: Layer, input: Float32Array | Float64Array, bend: boolean): void {
    output.set(bias);
    for (let i = 0; i < inputs; i += 1) {
      const value = input[i] ?? 0;
      for (let unit = 0; unit < units; unit += 1) output[unit] = (output[unit] ?? 0) + value * (kernel[i * units + unit] ?? 0);
    }
    if (!bend) return;
    for (let unit = 0; unit < units; unit += 1)
      output[unit] = this.activation === 'tanh' ? Math.tanh(output[unit] ?? 0) : Math.max(0, output[unit] ?? 0);
  }

  /** The slope of the layer below, from the one above: through its kernel and the activation's derivative. */
  #backward({ units, kernel, slope }: Layer, below: Layer): void {
    for (let i = 0; i < below.units; i += 1) {
      let sum = 0;
      for (let unit = 0; unit < units; unit += 1) sum += (kernel[i * units + unit] ?? 0) * (slope[unit] ?? 0);
      const a = below.output[i] ?? 0;
      below.slope[i] = sum * (this.activation === 'tanh' ? 1 - a * a : a > 0 ? 1 : 0);
    }
  }
}

/** gradient += share · (input ⊗ slope, slope) at the layer's place. */
function addOuter(
  gradient: Float64Array,
  { inputs, units, offset, slope }: Layer,
  input: Float32Array | Float64Array,
  share: number,
): void {
  let at = offset;
  for (let i = 0; i < inputs; i += 1) {
    const value = (input[i] ?? 0) * share;
    for (let unit = 0; unit < units; unit += 1, at += 1) gradient[at] = (gradient[at] ?? 0) + value * (slope[unit] ?? 0);
  }
  for (let unit = 0; unit < units; unit += 1, at += 1) gradient[at] = (gradient[at] ?? 0) + share * (slope[unit] ?? 0);
}

/** Kernel and bias of each layer in turn. */
function layersOf(tensors: readonly TensorShape[], weights: Float64Array): readonly Layer[] {
  const layers: Layer[] = [];
  let offset = 0;
  for (const { shape } of tensors) {
    const [inputs, units] = shape;
    if (inputs === undefined || units === undefined) continue;
    const bias = offset + inputs * units;
    layers.push({
      inputs,
      units,
      offset,
      kernel: weights.subarray(offset, bias),
      bias: weights.subarray(bias, bias + units),
      output: new Float64Array(units),
      slope: new Float64Array(units),
    });
    offset = bias + units;
  }
  return layers;
}
