import type { NormRule, PatientOutcome } from '@consilium/privacy/mechanism';
import type { Address, Workspace } from './kernels.js';
import type { PatientVectors } from './patient-vectors.js';
import type { PrivateNetwork } from './private-network.js';

/** As in `boundPatient`: more than what the square root, the division and one product can round up. */
const JUST_BELOW_ONE = 1 - 2 ** -40;
/** Patients whose integers, each at most 2^14, fit 32 bits together. */
const PATIENTS_AT_ONCE = 2 ** 16;

/**
 * Rounding to nearest, compiled. Whatever the floats were, a patient's vector z is 16-bit integers; Σz² is taken in integers
 * and compared with S², and only z that pass join the sum: that is the whole of the guarantee (PROTOCOL.md section 6).
 */
export class NearestVectors implements PatientVectors {
  readonly takesRecords = true;
  readonly mean: Address;
  readonly #z: Address;
  readonly #sum: Address;
  #taken = 0;
  #total: Float64Array;

  constructor(
    private readonly workspace: Workspace,
    private readonly network: PrivateNetwork,
    private readonly rule: NormRule,
  ) {
    this.mean = workspace.room(network.length * 4);
    this.#z = workspace.room(network.length * 2);
    this.#sum = workspace.room(network.length * 4);
    this.#total = new Float64Array(rule.dimension);
  }

  takeRecord(row: number, squaredNorm: number): PatientOutcome {
    const norm = Math.sqrt(squaredNorm);
    if (!(norm < Number.POSITIVE_INFINITY)) return 'notFinite';
    const scale = this.#scale(norm);
    for (const { layer, own } of this.network.placed) layer.round(row, scale, this.#z + own * 2);
    return this.#addBounded(norm, this.network.recordLength, () => {
      for (const { layer, own, offset } of this.network.placed) layer.join(row, this.#z + own * 2, this.#sum + offset * 4);
    });
  }

  takeMean(): PatientOutcome {
    const { kernels } = this.workspace;
    const norm = Math.sqrt(kernels.squares(this.mean, this.network.length));
    if (!(norm < Number.POSITIVE_INFINITY)) return 'notFinite';
    const { length } = this.network;
    kernels.round(this.mean, length, this.#scale(norm), this.#z);
    return this.#addBounded(norm, length, () => kernels.addIntegers(this.#sum, this.#z, length));
  }

  finish(): Float64Array {
    this.#drain();
    const sum = this.#total;
    this.#total = new Float64Array(sum.length);
    return sum;
  }

  #scale(norm: number): number {
    return this.rule.scaledBound / Math.max(norm, this.rule.clip);
  }

  /** @param length - values of z @param join - adds z to the sum, each value to a place of its own */
  #addBounded(norm: number, length: number, join: () => void): PatientOutcome {
    const { kernels } = this.workspace;
    const { normBound, clip } = this.rule;
    const bound = normBound * normBound;
    let outcome: PatientOutcome = norm > clip ? 'clipped' : 'kept';
    const squares = kernels.integerSquares(this.#z, length);
    if (!(squares <= bound)) {
      // Rounding alone adds at most √d/2 ≤ S/8. What is further off came of an overflow: of 0 · ∞ neither sign nor bits are
      // sure to be the same in the next run, and a patient's integers must be.
      if (squares > 2 * bound) return 'zeroed';
      const shrink = (normBound / Math.sqrt(squares)) * JUST_BELOW_ONE;
      const z = this.workspace.integers(this.#z, length);
      for (let index = 0; index < length; index += 1) z[index] = Math.trunc((z[index] ?? 0) * shrink);
      if (!(kernels.integerSquares(this.#z, length) <= bound)) return 'zeroed';
      outcome = 'shrunk';
    }
    join();
    this.#taken += 1;
    if (this.#taken === PATIENTS_AT_ONCE) this.#drain();
    return outcome;
  }

  #drain(): void {
    const sums = this.workspace.sums(this.#sum, this.network.length);
    this.network.unpack(sums, this.#total);
    sums.fill(0);
    this.#taken = 0;
  }
}
