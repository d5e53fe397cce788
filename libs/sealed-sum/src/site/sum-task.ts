import type { MaskTerm } from '../masks/mask-sum.js';

/** What all runs of one file have in common; plain data, for a worker. */
export interface SumJob {
  readonly laneBits: number;
  readonly plainModulus: number;
  /** Coefficients of a block. */
  readonly degree: number;
  /** Slots of all blocks that hold something. */
  readonly slots: number;
  /** Slots that hold lanes; the check values follow them. */
  readonly laneSlots: number;
  readonly bfvKey: Uint8Array;
  readonly checkKey: Uint8Array;
  /** Added to the coefficients before encryption, or after decryption. */
  readonly masks: readonly MaskTerm[];
}

/** Lanes to blocks of an upload. */
export interface SealTask {
  readonly kind: 'seal';
  readonly firstBlock: number;
  readonly blocks: number;
  /** All lanes of these blocks. */
  readonly lanes: Int32Array<ArrayBuffer>;
  /** Check values of all lanes before these, with the blocks that carry the check values. */
  readonly checkBefore?: readonly number[];
}

export interface SealedRun {
  readonly kind: 'sealed';
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Check values of these lanes alone. */
  readonly check: readonly number[];
}

/** Blocks of a fold to lanes. */
export interface OpenTask {
  readonly kind: 'open';
  readonly firstBlock: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type OpenAnswer = OpenedRun | { readonly kind: 'outOfRange'; readonly block: number; readonly word: number };

export interface OpenedRun {
  readonly kind: 'opened';
  readonly lanes: Int32Array<ArrayBuffer>;
  /** Check values of these lanes alone. */
  readonly check: readonly number[];
  /** The check values that these blocks carry. */
  readonly carried: readonly number[];
  /** Largest magnitude among the lanes. */
  readonly largest: number;
  /** Whether every coefficient after the last slot is 0. */
  readonly restIsZero: boolean;
}
