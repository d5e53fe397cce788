import type { SealParameters } from '@consilium/protocol';
import { bfvContext } from '../bfv/context.js';
import { RING } from '../bfv/ring.js';
import { laneSlots } from '../lanes/lane-layout.js';
import type { MaskTerm } from '../masks/mask-sum.js';
import { requireMaskKeys } from '../masks/require-mask-keys.js';
import { requireBfvKey } from './bfv-key.js';
import type { SiteWorkers } from './site-workers.js';
import { workHere, type SumWork } from './sum-work.js';

/** What both ends of a sum share: the parameter object and the keys of one attempt. */
export interface SumKeys {
  readonly parameters: SealParameters;
  /** As `generateBfvKey` made it. */
  readonly bfvKey: Uint8Array;
  /** 32 bytes, bound to the attempt: see `proto/README.md`. */
  readonly checkKey: Uint8Array;
  readonly keyEpoch: number;
  /** Threads that do the work; without, it is done in the calling thread. */
  readonly workers?: SiteWorkers;
}

/** Blocks of one run: about a MiB of ciphertext. */
export const RUN = 16;

/** @throws ConsiliumError BFV_KEY_INVALID; RangeError for a mask key of another length */
export async function startWork({ parameters, bfvKey, checkKey, workers }: SumKeys, masks: readonly MaskTerm[]): Promise<SumWork> {
  requireMaskKeys(masks);
  const bfv = await bfvContext(RING);
  requireBfvKey(bfv, bfvKey);
  const { laneBits, plainModulus, degree, slots } = parameters;
  const job = { laneBits, plainModulus, degree, slots, laneSlots: laneSlots(parameters), bfvKey, checkKey, masks };
  return workers ? workers.workOn(job) : workHere(bfv, job);
}
