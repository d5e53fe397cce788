import type { Judge } from '../budget/judge.js';
import { foldLines, type LedgerFold, type Stop } from '../entries/fold.js';
import { isSignedByOwner, ledgerOrigin, tryCheckpoint } from '../notes/checkpoint.js';
import type { MirrorTail } from '../store/links.js';

/** What a mirror makes of lines that a site sends. `behind`: it holds fewer than they start from. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly lines: readonly Uint8Array[]; readonly size: number }
  | { readonly kind: 'behind'; readonly size: number }
  | { readonly kind: 'refused'; readonly why: 'checkpoint' | 'origin' | 'size' | 'fork' | Stop };

/**
 * Checks a tail before a mirror stores it: that it continues what the mirror holds, entry by entry, and leads to the
 * checkpoint's root. On success the fold holds the new lines; the mirror then stores `lines` and answers with `size`.
 * A mirror is a convenience: that the coordinator checks protects its own console, not the hospital.
 * @param fold - of what the mirror holds, its own; of no use after `refused` with a stop
 */
export function acceptTail(fold: LedgerFold, tail: MirrorTail, site: string, world: Judge): Acceptance {
  const note = tryCheckpoint(tail.checkpoint);
  const keys = world.keysOf(site);
  if (note === undefined || !isSignedByOwner(note, keys, world.readKey)) return { kind: 'refused', why: 'checkpoint' };
  if (note.origin !== tail.origin || note.origin.split('/')[1] !== site) return { kind: 'refused', why: 'origin' };
  const held = fold.tree.size;
  if (tail.from > held) return { kind: 'behind', size: held };
  if (tail.from + tail.lines.length !== note.size) return { kind: 'refused', why: 'size' };
  // What it holds already is not stored again; whether it is the same shows in the root.
  if (note.size <= held)
    return fold.tree.root(note.size).equals(note.root) ? { kind: 'accepted', lines: [], size: held } : { kind: 'refused', why: 'fork' };
  const lines = tail.lines.slice(held - tail.from);
  const stop = foldLines(fold, lines, world);
  if (stop !== undefined) return { kind: 'refused', why: stop };
  if (fold.state === undefined || ledgerOrigin(fold.state.name) !== tail.origin) return { kind: 'refused', why: 'origin' };
  return fold.tree.root().equals(note.root) ? { kind: 'accepted', lines, size: fold.tree.size } : { kind: 'refused', why: 'fork' };
}
