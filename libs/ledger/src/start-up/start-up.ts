import { isSignedByOwner } from '../notes/checkpoint.js';
import type { KeyReader } from '../signatures.js';
import type { MerkleTree } from '../tree/merkle-tree.js';
import type { LastSeen } from '../witness/last-seen.js';
import { quorumGap, type WitnessRules } from '../witness/quorums.js';

/** What the site itself has. */
export interface OwnLedger {
  readonly origin: string;
  /** Over the whole lines of its file; empty where there is no file. */
  readonly tree: MerkleTree;
  /** The last note that it published, as it stands beside the file. */
  readonly published: string | undefined;
}

export interface StartUpRules {
  /** Who has to answer. Others may answer too: what they can prove counts, their silence does not. */
  readonly witnesses: WitnessRules;
  /** The keys that this site has had. */
  readonly ownKeys: readonly Uint8Array[];
  readonly readKey: KeyReader;
}

/** Whether a ledger may be used (PROTOCOL.md section 7, "Start-up"). */
export type StartUp =
  | { readonly kind: 'ok' }
  | { readonly kind: 'waiting'; readonly missing: readonly string[]; readonly needed: number }
  /** Entries `size` to `known` − 1 exist and are not in the file: it was restored from an older copy, cut, or deleted. */
  | { readonly kind: 'rolled-back'; readonly size: number; readonly known: number; readonly note: string; readonly from: string }
  /** Two histories under this site's signature. The notes are the evidence. */
  | { readonly kind: 'forked'; readonly size: number; readonly notes: readonly [string, string]; readonly from: string };

/**
 * Decides from one's own file and the witnesses' answers. Only notes that this site itself signed count against it, so
 * that a witness cannot invent a size; and any two quorums share an honest witness, so that together they cannot hide one.
 * @param answers - checked by `readLastSeen`
 */
export function startUp(own: OwnLedger, answers: readonly LastSeen[], rules: StartUpRules): StartUp {
  const seen = answers.flatMap(({ site, note }) =>
    note !== null && note.origin === own.origin && isSignedByOwner(note, rules.ownKeys, rules.readKey) ? [{ site, note }] : [],
  );
  const byRoot = new Map<number, (typeof seen)[number]>();
  for (const one of seen) {
    const { size, root, text } = one.note;
    const other = byRoot.get(size);
    if (other !== undefined && !other.note.root.equals(root))
      return { kind: 'forked', size, notes: [other.note.text, text], from: one.site };
    byRoot.set(size, one);
    if (size <= own.tree.size && !own.tree.root(size).equals(root))
      return { kind: 'forked', size, notes: [text, own.published ?? ''], from: one.site };
  }
  const largest = seen.toSorted((one, other) => other.note.size - one.note.size)[0];
  if (largest !== undefined && largest.note.size > own.tree.size)
    return { kind: 'rolled-back', size: own.tree.size, known: largest.note.size, note: largest.note.text, from: largest.site };

  const answered = new Set(answers.map(({ site }) => site));
  const gap = quorumGap(rules.witnesses, Number.POSITIVE_INFINITY, (site) => answered.has(site));
  return gap.needed > 0 ? { kind: 'waiting', ...gap } : { kind: 'ok' };
}
