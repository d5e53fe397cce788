import type { StudyHash } from '@consilium/protocol';
import { holdingKey, type LedgerState } from '../budget/state.js';
import type { Purpose } from '../entries/entry.js';
import type { CheckpointNote } from '../notes/checkpoint.js';
import type { MerkleTree } from '../tree/merkle-tree.js';

/** That an entry is in the tree of a checkpoint. */
export interface EntryProof {
  readonly index: number;
  /** The entry's line, canonical JSON. */
  readonly line: Uint8Array;
  /** Of `index` in the tree of the checkpoint; 32 bytes each. */
  readonly inclusion: readonly Uint8Array[];
}

/** What a site sends with its adverts (PROTOCOL.md section 4, step 1). */
export interface ReserveEvidence {
  /** Checkpoint note with the owner's signature and w cosignatures. */
  readonly checkpoint: string;
  readonly entries: readonly EntryProof[];
}

export interface ReservedRounds {
  readonly population: string;
  readonly study: StudyHash;
  readonly rounds: Readonly<Partial<Record<Purpose, readonly number[]>>>;
  readonly evidence: ReserveEvidence;
}

declare const issued: unique symbol;

/**
 * Rounds that may touch data: reserved, on disk, cosigned by the quorum and mirrored (PROTOCOL.md section 7, "Order").
 * The type has no other maker than `issueReservation`, which is the ledger's alone, so that a function that takes one
 * cannot be called too early.
 */
export type Reservation = ReservedRounds & { readonly [issued]: true };

/** Not handed on by the package. */
export function issueReservation(rounds: ReservedRounds): Reservation {
  return Object.freeze({ ...rounds }) as Reservation;
}

export function covers(reservation: Reservation, purpose: Purpose, round: number): boolean {
  return reservation.rounds[purpose]?.includes(round) === true;
}

/** Of the rounds that were asked for, those that are held, and the entries that reserved them; the first one besides. */
export function heldRounds(
  state: LedgerState,
  study: StudyHash,
  items: readonly { readonly purpose: Purpose; readonly rounds: readonly number[] }[],
): { readonly rounds: ReservedRounds['rounds']; readonly entries: readonly number[]; readonly last: number } {
  const holdings = state.studies.get(study)?.holdings;
  const rounds: Partial<Record<Purpose, readonly number[]>> = {};
  // The first entry names the witnesses whose cosignatures a reader counts, and later ones those that were added.
  const entries = new Set<number>(state.terms.quorums.map(({ from }) => from));
  for (const item of items)
    rounds[item.purpose] = item.rounds.filter((round) => {
      const holding = holdings?.get(holdingKey(item.purpose, round));
      if (holding === undefined || holding.status === 'aborted') return false;
      entries.add(holding.reserve);
      return true;
    });
  return { rounds, entries: [...entries], last: Math.max(...entries) };
}

/** The proof for other sites that entries are in a published ledger. */
export function reserveEvidence(
  tree: MerkleTree,
  lines: readonly Uint8Array[],
  { size, text }: CheckpointNote,
  entries: readonly number[],
): ReserveEvidence {
  const proofs = entries.map((index) => ({ index, line: lines[index] ?? new Uint8Array(), inclusion: tree.inclusionProof(index, size) }));
  return { checkpoint: text, entries: proofs };
}
