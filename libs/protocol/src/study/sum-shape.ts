/** What one contribution carries, before any decision on lanes and bits. */
export interface SumShape {
  /** Most contributors of one sum, 3 to 372. */
  readonly sites: number;
  /** Values of the update segment; 0 for a round that only evaluates. */
  readonly updateLength: number;
  /** Largest magnitude of one value of the update. */
  readonly updateRange: number;
  /** Largest weight of one site. */
  readonly maxWeight: number;
  /** Names of the non-negative whole numbers that ride along, in order; `scores[3]` stands for three (`expandNames`). */
  readonly counts: readonly string[];
  /** V of each update lane: the update is whole numbers with noise in them, and no weight rides along. Absent in sums without noise. */
  readonly updateVariance?: number | undefined;
  /** Whole numbers with noise in them, of either sign, one lane each. */
  readonly table?: { readonly names: readonly string[]; readonly variance: number } | undefined;
}

/** A run of lanes of one meaning; every segment begins a new slot. */
export type SumSegment =
  /** round(w/maxWeight · x/range · levels), w: the site's weight. */
  | { readonly name: 'update'; readonly values: number; readonly range: number }
  /** A site's whole numbers, clamped to ±bound, plus noise of integer variance V (PROTOCOL.md section 3). */
  | { readonly name: 'noised'; readonly values: number; readonly bound: number; readonly variance: number }
  /** The same, with a name for each value. */
  | { readonly name: 'table'; readonly names: readonly string[]; readonly bound: number; readonly variance: number }
  /** round(w/maxWeight · levels). */
  | { readonly name: 'weight'; readonly values: 1; readonly maxWeight: number }
  /** Whole numbers below 2^(limbs · limbBits), each as `limbs` lanes, lowest limb first. */
  | { readonly name: 'counts'; readonly names: readonly string[]; readonly limbs: number; readonly limbBits: number }
  /** Check values of PROTOCOL.md section 4, step 8: whole slots, not lanes. */
  | { readonly name: 'check'; readonly slots: 3 };

/**
 * The validated parameter object of a sealed sum (PROTOCOL.md section 3): part of the study, the same at every site.
 * Made by `sealParameters` of `@consilium/sealed-sum/parameters`, which checks every condition.
 */
export interface SealParameters {
  readonly scheme: 'bfv';
  /** Coefficients of one ciphertext (N). */
  readonly degree: number;
  /** q, decimal. */
  readonly coefficientModulus: string;
  /** p. */
  readonly plainModulus: number;
  /** L: W = 2^L. */
  readonly laneBits: number;
  readonly lanes: number;
  /** Most contributors (n). */
  readonly sites: number;
  /** A = W/2 − 1: largest magnitude of a lane's sum. */
  readonly laneMaximum: number;
  /** B = ⌊A/n⌋: largest magnitude of one site's lane. */
  readonly levels: number;
  readonly segments: readonly SumSegment[];
  /** Slots of all segments together. */
  readonly slots: number;
  /** Ciphertexts: ⌈slots/degree⌉. */
  readonly blocks: number;
  /** Exact length of one contribution's file, header included. */
  readonly uploadBytes: number;
  /** Exact length of the fold's file, header included. */
  readonly foldBytes: number;
}
