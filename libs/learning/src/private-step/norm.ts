import { EPSILON } from '../layers/normalise.js';
import type { Address, Workspace } from './kernels.js';
import type { WeightedLayer } from './private-layer.js';
import { RecordGradients } from './record-gradients.js';
import { padded, type Signal } from './signal.js';

/** Who is made alike within one record: all places of the channels of a group. Of columns: one place, one group. */
export interface NormShape {
  readonly places: number;
  readonly channels: number;
  readonly groups: number;
}

/**
 * Group and layer normalisation, in place (Wu and He 2018; Ba, Kiros, Hinton 2016). Means and variances are of one record
 * alone. The gradient of scale and offset is a sum over places by channel; from these sums the means of the way back follow.
 */
export class Norm extends RecordGradients implements WeightedLayer {
  readonly parameters: number;
  readonly #normal: Address;
  /** [rows, groups], 1/√(variance + ε) */
  readonly #inverse: Float64Array;
  readonly #scale: Address;
  readonly #offset: Address;
  /** By channel: sums in 64 bits, factors in 32. */
  readonly #sums: Address;
  readonly #p: Address;
  readonly #q: Address;
  readonly #r: Address;

  constructor(
    workspace: Workspace,
    rows: number,
    private readonly shape: NormShape,
    private readonly at: Signal,
  ) {
    const { channels, groups } = shape;
    // Scale, then offset.
    super(workspace, rows, 2 * padded(channels, 4));
    this.parameters = 2 * channels;
    this.#inverse = new Float64Array(rows * groups);
    this.#normal = workspace.room(rows * at.stride * 4);
    this.#sums = workspace.room(channels * 8);
    const factors = () => workspace.room(channels * 4);
    this.#scale = factors();
    this.#offset = factors();
    this.#p = factors();
    this.#q = factors();
    this.#r = factors();
  }

  load(weights: Float64Array): void {
    const { channels } = this.shape;
    this.workspace.floats(this.#scale, channels).set(weights.subarray(0, channels));
    this.workspace.floats(this.#offset, channels).set(weights.subarray(channels));
  }

  forward(rows: number): void {
    const { columnSums, columnProducts, scaleAndShift } = this.workspace.kernels;
    const { places, channels, groups } = this.shape;
    const sums = this.workspace.doubles(this.#sums, channels);
    const p = this.workspace.floats(this.#p, channels);
    const r = this.workspace.floats(this.#r, channels);
    for (let row = 0; row < rows; row += 1) {
      const x = this.at.values + row * this.at.stride * 4;
      const normal = this.#normal + row * this.at.stride * 4;
      columnSums(x, places, channels, this.#sums);
      p.fill(1);
      this.#eachGroup(sums, (group, mean) => this.#inGroup(r, group).fill(-mean));
      scaleAndShift(x, this.#p, this.#r, places, channels, normal);
      columnProducts(normal, normal, places, channels, this.#sums);
      this.#eachGroup(sums, (group, variance) => {
        const inverse = 1 / Math.sqrt(variance + EPSILON);
        this.#inverse[row * groups + group] = inverse;
        this.#inGroup(p, group).fill(inverse);
      });
      r.fill(0);
      scaleAndShift(normal, this.#p, this.#r, places, channels, normal);
      scaleAndShift(normal, this.#scale, this.#offset, places, channels, x);
    }
  }

  /** (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε) with g = scale · slope, as in `layers/normalise.ts`. */
  backward(rows: number): void {
    const { columnSums, columnProducts, combine } = this.workspace.kernels;
    const { places, channels, groups } = this.shape;
    const sums = this.workspace.doubles(this.#sums, channels);
    const scale = this.workspace.floats(this.#scale, channels);
    const p = this.workspace.floats(this.#p, channels);
    const q = this.workspace.floats(this.#q, channels);
    const r = this.workspace.floats(this.#r, channels);
    for (let row = 0; row < rows; row += 1) {
      const slope = this.at.slopes + row * this.at.stride * 4;
      const normal = this.#normal + row * this.at.stride * 4;
      const inverse = (group: number) => this.#inverse[row * groups + group] ?? 0;
      const gradient = this.workspace.floats(this.gradientAt(row), this.length);
      const scaled = () => {
        for (let channel = 0; channel < channels; channel += 1) sums[channel] = (sums[channel] ?? 0) * (scale[channel] ?? 0);
      };
      columnProducts(slope, normal, places, channels, this.#sums);
      gradient.set(sums);
      scaled();
      this.#eachGroup(sums, (group, mean) => this.#inGroup(q, group).fill(-mean * inverse(group)));
      columnSums(slope, places, channels, this.#sums);
      gradient.set(sums, this.length / 2);
      scaled();
      this.#eachGroup(sums, (group, mean) => {
        this.#inGroup(r, group).fill(-mean * inverse(group));
        this.#inGroup(p, group).fill(inverse(group));
      });
      for (let channel = 0; channel < channels; channel += 1) p[channel] = (p[channel] ?? 0) * (scale[channel] ?? 0);
      combine(slope, this.#p, normal, this.#q, this.#r, places, channels, slope);
    }
  }

  unpack(from: Int32Array | Float32Array, target: Float64Array): void {
    const { channels } = this.shape;
    for (let channel = 0; channel < channels; channel += 1) {
      target[channel] = (target[channel] ?? 0) + (from[channel] ?? 0);
      target[channels + channel] = (target[channels + channel] ?? 0) + (from[this.length / 2 + channel] ?? 0);
    }
  }

  /** Hands over each group's mean, from sums over places by channel. */
  #eachGroup(sums: Float64Array, take: (group: number, mean: number) => void): void {
    const { places, channels, groups } = this.shape;
    const size = channels / groups;
    for (let group = 0; group < groups; group += 1) {
      let sum = 0;
      for (let channel = group * size; channel < (group + 1) * size; channel += 1) sum += sums[channel] ?? 0;
      take(group, sum / (places * size));
    }
  }

  #inGroup(byChannel: Float32Array, group: number): Float32Array {
    const size = this.shape.channels / this.shape.groups;
    return byChannel.subarray(group * size, (group + 1) * size);
  }
}
