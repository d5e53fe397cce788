import type { Layer } from '@consilium/protocol';
import type { Address, Workspace } from './kernels.js';
import type { WeightedLayer } from './private-layer.js';
import { padded, type Signal } from './signal.js';

/**
 * The mean of the kernel's rows that a record's tokens name. A record touches as many rows as it has different tokens: its
 * integers are those rows alone, one after the other by token, and join the sum where the rows lie. Each token once, or the
 * checked norm would not be that of what joins the sum.
 */
export class Embedding implements WeightedLayer {
  readonly length: number;
  readonly recordLength: number;
  readonly parameters: number;
  readonly #width: number;
  /** [buckets, units padded to 8] */
  readonly #kernel: Address;
  /** [rows, tokens]: a record's different tokens, ascending, and the share of each in the mean. */
  readonly #tokens: Uint32Array;
  readonly #shares: Float64Array;
  readonly #counts: Uint32Array;
  /** 1 */
  readonly #one: Address;

  constructor(
    private readonly workspace: Workspace,
    rows: number,
    private readonly layer: Extract<Layer, { kind: 'embedding' }>,
    private readonly input: Signal,
    private readonly output: Signal,
  ) {
    const { tokens, buckets, units } = layer;
    this.#width = padded(units, 8);
    this.parameters = buckets * units;
    this.length = buckets * this.#width;
    this.recordLength = Math.min(tokens, buckets) * this.#width;
    this.#kernel = workspace.room(this.length * 4);
    this.#tokens = new Uint32Array(rows * tokens);
    this.#shares = new Float64Array(rows * tokens);
    this.#counts = new Uint32Array(rows);
    this.#one = workspace.room(4);
    workspace.floats(this.#one, 1)[0] = 1;
  }

  load(weights: Float64Array): void {
    const { buckets, units } = this.layer;
    const own = this.workspace.floats(this.#kernel, this.length);
    for (let token = 0; token < buckets; token += 1) own.set(weights.subarray(token * units, (token + 1) * units), token * this.#width);
  }

  forward(rows: number): void {
    const { addOuter } = this.workspace.kernels;
    this.workspace.floats(this.output.values, rows * this.output.stride).fill(0);
    for (let row = 0; row < rows; row += 1) {
      this.#read(row);
      const target = this.output.values + row * this.output.stride * 4;
      this.#eachToken(row, (token, share) => addOuter(this.#one, 1, this.#kernel + token * this.#width * 4, this.#width, share, target));
    }
  }

  /** Tokens have no slope. */
  backward(): void {}

  addSquares(rows: number, out: Address): void {
    const squares = this.workspace.doubles(out, rows);
    for (let row = 0; row < rows; row += 1) {
      const slope = this.workspace.kernels.squares(this.#slopeAt(row), this.#width);
      let shares = 0;
      this.#eachToken(row, (_, share) => (shares += share * share));
      squares[row] = (squares[row] ?? 0) + slope * shares;
    }
  }

  round(row: number, scale: number, z: Address): void {
    this.workspace.integers(z, this.recordLength).fill(0);
    this.#eachToken(row, (_, share, place) =>
      this.workspace.kernels.round(this.#slopeAt(row), this.#width, scale * share, z + place * this.#width * 2),
    );
  }

  join(row: number, z: Address, sum: Address): void {
    this.#eachToken(row, (token, _, place) =>
      this.workspace.kernels.addIntegers(sum + token * this.#width * 4, z + place * this.#width * 2, this.#width),
    );
  }

  add(row: number, share: number, v: Address): void {
    this.#eachToken(row, (token, own) =>
      this.workspace.kernels.addOuter(this.#one, 1, this.#slopeAt(row), this.#width, share * own, v + token * this.#width * 4),
    );
  }

  unpack(from: Int32Array | Float32Array, target: Float64Array): void {
    const { buckets, units } = this.layer;
    for (let token = 0; token < buckets; token += 1)
      for (let unit = 0; unit < units; unit += 1) {
        const at = token * units + unit;
        target[at] = (target[at] ?? 0) + (from[token * this.#width + unit] ?? 0);
      }
  }

  /** What is no token of this layer counts as padding, whatever the data hold. */
  #read(row: number): void {
    const { tokens, buckets } = this.layer;
    const named = this.workspace
      .floats(this.input.values + row * this.input.stride * 4, tokens)
      .filter((token) => token > 0 && token < buckets && Number.isInteger(token))
      .toSorted();
    const first = row * tokens;
    let count = 0;
    for (const token of named) {
      if (count === 0 || this.#tokens[first + count - 1] !== token) {
        this.#tokens[first + count] = token;
        this.#shares[first + count] = 0;
        count += 1;
      }
      const at = first + count - 1;
      this.#shares[at] = (this.#shares[at] ?? 0) + 1;
    }
    for (let at = first; at < first + count; at += 1) this.#shares[at] = (this.#shares[at] ?? 0) / named.length;
    this.#counts[row] = count;
  }

  #eachToken(row: number, take: (token: number, share: number, place: number) => void): void {
    const first = row * this.layer.tokens;
    const count = this.#counts[row] ?? 0;
    for (let place = 0; place < count; place += 1) take(this.#tokens[first + place] ?? 0, this.#shares[first + place] ?? 0, place);
  }

  #slopeAt(row: number): Address {
    return this.output.slopes + row * this.output.stride * 4;
  }
}
