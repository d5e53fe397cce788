import { witnessQuorum } from './quorum.js';

/** From which entry on how many of the first so many witnesses must cosign. */
export interface QuorumRule {
  /** Index of the entry that made the rule: it holds for checkpoints of a larger size. */
  readonly from: number;
  /** The rule is about the first so many of the ledger's witnesses: they are never taken out, and new ones come last. */
  readonly of: number;
  readonly quorum: number;
}

/**
 * Who must cosign a ledger. Adding witnesses adds a rule and drops none: a checkpoint counts only with a quorum of the
 * first set and of each larger one. So whoever knows an older set only (a copy of the file that was restored, evidence
 * that shows the first entry alone) still meets an honest witness of the newest checkpoint, and nobody weakens a ledger by
 * adding friends to it.
 */
export interface WitnessRules {
  readonly witnesses: readonly string[];
  readonly quorums: readonly QuorumRule[];
}

/** What is missing of a quorum. `needed` 0: nothing is. */
export interface QuorumGap {
  readonly missing: readonly string[];
  readonly needed: number;
}

/** The one rule of a set that nothing has changed. @throws RangeError for fewer than two witnesses */
export function firstRules(witnesses: readonly string[]): WitnessRules {
  return { witnesses, quorums: [{ from: 0, of: witnesses.length, quorum: witnessQuorum(witnesses.length) }] };
}

/** The rules after witnesses were added by the entry `from`. */
export function withAdded({ witnesses, quorums }: WitnessRules, add: readonly string[], from: number): WitnessRules {
  const all = [...witnesses, ...add];
  return { witnesses: all, quorums: [...quorums, { from, of: all.length, quorum: witnessQuorum(all.length) }] };
}

/**
 * @param size - of the checkpoint, by which it shows which rules there were; infinite for all of them
 * @param has - whether a witness has cosigned, or answered
 */
export function quorumGap({ witnesses, quorums }: WitnessRules, size: number, has: (site: string) => boolean): QuorumGap {
  const missing = new Set<string>();
  let needed = 0;
  for (const { from, of, quorum } of quorums) {
    if (from >= size) continue;
    const silent = witnesses.slice(0, of).filter((site) => !has(site));
    const lacking = quorum - (of - silent.length);
    if (lacking <= 0) continue;
    needed = Math.max(needed, lacking);
    for (const site of silent) missing.add(site);
  }
  return { missing: [...missing], needed };
}

/** Whether those who cosigned a checkpoint of this size are enough. */
export function isQuorum(rules: WitnessRules, size: number, cosigned: readonly { readonly site: string }[]): boolean {
  const sites = new Set(cosigned.map(({ site }) => site));
  return quorumGap(rules, size, (site) => sites.has(site)).needed === 0;
}
