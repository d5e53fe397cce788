import type { Address, Workspace } from './kernels.js';

/** The gradients of a layer's own weights, written down record by record on the way back. */
export abstract class RecordGradients {
  readonly recordLength: number;
  /** [rows, length], 32 bits */
  readonly #gradients: Address;
  /** 1 */
  readonly #one: Address;

  /** @param length - values of one record's gradient, a multiple of 4 */
  protected constructor(
    protected readonly workspace: Workspace,
    rows: number,
    readonly length: number,
  ) {
    this.recordLength = length;
    this.#gradients = workspace.room(rows * length * 4);
    this.#one = workspace.room(4);
    workspace.floats(this.#one, 1)[0] = 1;
  }

  addSquares(rows: number, out: Address): void {
    const squares = this.workspace.doubles(out, rows);
    for (let row = 0; row < rows; row += 1)
      squares[row] = (squares[row] ?? 0) + this.workspace.kernels.squares(this.gradientAt(row), this.length);
  }

  round(row: number, scale: number, z: Address): void {
    this.workspace.kernels.round(this.gradientAt(row), this.length, scale, z);
  }

  join(_row: number, z: Address, sum: Address): void {
    this.workspace.kernels.addIntegers(sum, z, this.length);
  }

  add(row: number, share: number, v: Address): void {
    this.workspace.kernels.addOuter(this.#one, 1, this.gradientAt(row), this.length, share, v);
  }

  protected gradientAt(row: number): Address {
    return this.#gradients + row * this.length * 4;
  }
}
