import type { StudyHash } from '@consilium/protocol';
import type { Purpose } from '../entries/entry.js';

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
