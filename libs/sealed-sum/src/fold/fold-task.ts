import type { MaskTerm } from '../masks/mask-sum.js';

/** A run of blocks to add up: what a worker is asked. */
export interface FoldTask {
  /** Paths of the uploads, each already known to have the right length and header. */
  readonly uploads: readonly string[];
  /** Masks to take out of the sum. */
  readonly dropped: readonly MaskTerm[];
  readonly firstBlock: number;
  readonly blocks: number;
}

/** What it answers: the run's blocks as they stand in a fold, or what is wrong with which upload. */
export type FoldAnswer =
  | { readonly kind: 'folded'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly upload: number; readonly fault: string };
