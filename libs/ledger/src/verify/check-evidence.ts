import type { KeysOf } from '../budget/abort-certificate.js';
import { termsFault } from '../budget/terms.js';
import { type EntryOf, type Purpose, type ReserveItem } from '../entries/entry.js';
import { isSignedBy } from '../entries/fold.js';
import { parseLine } from '../entries/ledger-line.js';
import { cosigners } from '../notes/cosignature.js';
import { isSignedByOwner, ledgerOrigin, tryCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import type { KeyReader } from '../signatures.js';
import type { EntryProof, ReserveEvidence } from '../store/reservation.js';
import { checkInclusion } from '../tree/check-proofs.js';
import { leafHash } from '../tree/hashes.js';
import { FEWEST_WITNESSES } from '../witness/quorum.js';
import { firstRules, isQuorum, withAdded, type WitnessRules } from '../witness/quorums.js';

export interface EvidenceQuestion {
  readonly consortium: string;
  /** Whose ledger it has to be. */
  readonly site: string;
  readonly study: string;
  /** Of the study: each of them but the owner has to be a witness (PROTOCOL.md section 7). */
  readonly sites: readonly string[];
  /** Whether a reserve is of what the study plans for one of its rounds. */
  readonly isPlanned: (item: Pick<ReserveItem, 'purpose' | 'event'>) => boolean;
  readonly keysOf: KeysOf;
  readonly readKey: KeyReader;
}

/** What a site's evidence proves to another: these rounds are reserved, in a ledger that these witnesses watch. */
export interface ProvenReserve {
  readonly population: string;
  readonly witnesses: readonly string[];
  readonly rounds: ReadonlyMap<Purpose, ReadonlySet<number>>;
}

/** What is wrong with evidence, in the order in which it is looked at. */
export type EvidenceFault = 'form' | 'owner' | 'not-in-tree' | 'not-a-reserve' | 'event' | 'witnesses' | 'quorum';

/**
 * Checks what a site sends with its adverts (PROTOCOL.md section 4, step 1): a checkpoint that a quorum cosigned, and
 * in its tree the entry that created the ledger, which names the witnesses, and the reserves of the study.
 */
export function checkReserveEvidence(evidence: ReserveEvidence, question: EvidenceQuestion): ProvenReserve | EvidenceFault {
  const { keysOf, readKey, consortium, site, study, sites, isPlanned } = question;
  const note = tryCheckpoint(evidence.checkpoint);
  if (note === undefined) return 'form';
  const keys = keysOf(site);
  if (!isSignedByOwner(note, keys, readKey)) return 'owner';
  const entries = evidence.entries.map((proof) => provenEntry(note, proof, keys, readKey));
  const wrong = entries.find((entry) => typeof entry === 'string');
  if (wrong !== undefined) return wrong;

  const rounds = new Map<Purpose, Set<number>>();
  let created: EntryOf<'create'> | undefined;
  const added: EntryOf<'witnesses'>[] = [];
  for (const entry of entries) {
    if (typeof entry === 'string') return entry;
    if (entry.kind === 'create') created = entry;
    else if (entry.kind === 'witnesses') added.push(entry);
    else if (entry.kind === 'reserve' && entry.study === study) {
      if (!entry.items.every(isPlanned)) return 'event';
      for (const item of entry.items) rounds.set(item.purpose, new Set([...(rounds.get(item.purpose) ?? []), ...item.rounds]));
    } else return 'not-a-reserve';
  }
  if (created === undefined || ledgerOrigin(created) !== note.origin || created.consortium !== consortium || created.site !== site)
    return 'owner';
  // The owner wrote the quorum down itself: one that is too small, or witnesses of its own choosing, would prove nothing.
  const rules = termsFault(created) === undefined ? rulesOf(created, added) : undefined;
  if (rules === undefined) return 'quorum';
  const named = new Set<string>(rules.witnesses);
  if (!sites.every((name) => name === site || named.has(name))) return 'witnesses';
  const witnesses = rules.witnesses.map((witness) => ({ site: witness, keys: keysOf(witness) }));
  if (!isQuorum(rules, note.size, cosigners(note, consortium, witnesses, readKey))) return 'quorum';
  return { population: created.population, witnesses: rules.witnesses, rounds };
}

/** Who has to have cosigned. Leaving out an entry that added witnesses leaves the quorum of those before, which is always needed. */
function rulesOf({ witnesses }: EntryOf<'create'>, added: readonly EntryOf<'witnesses'>[]): WitnessRules | undefined {
  if (witnesses.length < FEWEST_WITNESSES) return undefined;
  const inOrder = added.toSorted((one, other) => one.index - other.index);
  return inOrder.reduce((rules, { add, index }) => withAdded(rules, add, index), firstRules(witnesses));
}

function provenEntry(note: CheckpointNote, { index, line, inclusion }: EntryProof, keys: readonly Uint8Array[], readKey: KeyReader) {
  const parsed = parseLine(line);
  if (typeof parsed === 'string' || parsed.entry.index !== index) return 'form';
  if (!checkInclusion({ index, size: note.size, leaf: leafHash(line), proof: inclusion }, note.root)) return 'not-in-tree';
  return keys.some((key) => isSignedBy(parsed, [Buffer.from(key).toString('hex')], readKey)) ? parsed.entry : 'owner';
}
