/** A run of blocks to add up: what a worker is asked. */
export interface FoldTask {
  /** Paths of the uploads, each already known to have the right length and header. */
  readonly uploads: readonly string[];
  readonly firstBlock: number;
  readonly blocks: number;
}

/** What it answers: the run's blocks as they stand in a fold, or what is wrong with which upload, or its own error. */
export type FoldAnswer =
  | { readonly kind: 'folded'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly upload: number; readonly fault: string }
  | { readonly kind: 'failed'; readonly reason: string };
