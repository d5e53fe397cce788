import type { CosignAnswer } from '../witness/witness.js';
import type { CosignRequest } from '../witness/decide.js';

/** The way to the other sites, relayed by the coordinator. Rejects where a site is not reached within the signal. */
export interface WitnessLink {
  cosign(witness: string, request: CosignRequest, signal: AbortSignal): Promise<CosignAnswer>;
}

/** Lines for the mirror, with the cosigned checkpoint up to which they reach. */
export interface MirrorTail {
  readonly origin: string;
  /** Number of the first line. */
  readonly from: number;
  readonly lines: readonly Uint8Array[];
  readonly checkpoint: string;
}

/** The coordinator's copy, for reading and for the day when the own file is gone. It is not trusted with anything. */
export interface MirrorLink {
  /** @returns how many entries of the origin it holds now, durably */
  store(tail: MirrorTail, signal: AbortSignal): Promise<number>;
}
