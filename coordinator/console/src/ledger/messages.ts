/** What the page hands the verifier: the file, its checkpoint, and the members' keys, hex, by site. */
export interface VerifyTask {
  readonly file: Uint8Array;
  readonly checkpoint: string | undefined;
  readonly keys: readonly (readonly [site: string, hex: readonly string[]])[];
  /** Entries that the person has seen before, to find the root of: a head that was pinned. */
  readonly pinned: number | undefined;
}

export interface GoodLedger {
  readonly ok: true;
  readonly site: string;
  readonly population: string;
  readonly entries: number;
  /** Hex. */
  readonly root: string;
  readonly headWords: string;
  /** Hex, of the first `pinned` entries; undefined where there are fewer. */
  readonly pinnedRoot: string | undefined;
  readonly words: string;
  readonly percentUsed: number;
  readonly epsilonLimit: number;
  readonly delta: number;
  readonly frozen: boolean;
  readonly cosigners: readonly string[];
  readonly decisions: readonly { readonly line: number; readonly day: string; readonly what: string; readonly who: string }[];
}

export type VerifyReply =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number }
  | {
      readonly kind: 'verdict';
      readonly verdict: GoodLedger | { readonly ok: false; readonly line: number | null; readonly detail: string };
    }
  | { readonly kind: 'cannot' };
