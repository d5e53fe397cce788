import { addPatient, boundPatient, type NormRule, type PatientOutcome, type RandomWords } from '@consilium/privacy/mechanism';
import type { Address, Workspace } from './kernels.js';
import type { PatientVectors } from './patient-vectors.js';
import type { PrivateNetwork } from './private-network.js';

/** Rounding at random: the integers of `boundPatient`, which draws a word for each of them. */
export class RandomVectors implements PatientVectors {
  readonly takesRecords = false;
  readonly mean: Address;
  readonly #gradient: Float64Array;
  readonly #z: Int32Array;
  #sum: Float64Array;

  constructor(
    private readonly workspace: Workspace,
    private readonly network: PrivateNetwork,
    private readonly rule: NormRule,
    private readonly words: RandomWords,
  ) {
    this.mean = workspace.room(network.length * 4);
    this.#gradient = new Float64Array(rule.dimension);
    this.#z = new Int32Array(rule.dimension);
    this.#sum = new Float64Array(rule.dimension);
  }

  takeRecord(): PatientOutcome {
    return this.takeMean();
  }

  takeMean(): PatientOutcome {
    const gradient = this.#gradient.fill(0);
    this.network.unpack(this.workspace.floats(this.mean, this.network.length), gradient);
    const outcome = boundPatient(gradient, this.rule, this.words, this.#z);
    addPatient(this.#sum, this.#z);
    return outcome;
  }

  finish(): Float64Array {
    const sum = this.#sum;
    this.#sum = new Float64Array(sum.length);
    return sum;
  }
}
