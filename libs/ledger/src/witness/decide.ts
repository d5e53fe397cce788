import { isSignedByOwner, tryCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import type { KeyReader } from '../signatures.js';
import { checkConsistency } from '../tree/check-proofs.js';

/** No tree of a size that a checkpoint can have needs more. */
const LONGEST_PROOF = 63;

/** What a site asks of a witness: its newest checkpoint, and that it grew from the one the witness knows. */
export interface CosignRequest {
  /** A checkpoint note, signed by the ledger's owner. */
  readonly checkpoint: string;
  /** Size from which `proof` starts; 0 with an empty proof for a witness that has seen nothing. */
  readonly from: number;
  /** 32 bytes each. */
  readonly proof: readonly Uint8Array[];
}

/** Two notes of one origin that do not fit together, or do not yet: what a person looks at. */
export interface Evidence {
  readonly held: string;
  readonly offered: string;
}

/** What a witness makes of a request. */
export type Decision =
  | { readonly kind: 'cosign'; readonly checkpoint: CheckpointNote }
  /** Not to be cosigned as asked: the size that the witness holds, so that a site can ask again with the right proof. */
  | { readonly kind: 'conflict'; readonly held: string | null; readonly size: number; readonly evidence: Evidence | undefined }
  | {
      readonly kind: 'refuse';
      readonly why: 'unreadable' | 'unknown-origin' | 'not-signed' | 'bad-proof';
      readonly evidence: Evidence | undefined;
    };

/**
 * Whether a witness may cosign (PROTOCOL.md section 7; C2SP tlog-witness, add-checkpoint). Only what is the newest that
 * it has seen of this origin, with a proof from exactly the last one that it cosigned.
 * @param held - the last checkpoint of this origin that it cosigned, or undefined
 * @param keysOf - the owner's keys for an origin: of the site it names, when that is on the roster; else none
 */
export function decideCosignature(
  request: CosignRequest,
  held: (origin: string) => CheckpointNote | undefined,
  keysOf: (origin: string) => readonly Uint8Array[],
  readKey: KeyReader,
): Decision {
  const offered = tryCheckpoint(request.checkpoint);
  if (offered === undefined) return refuse('unreadable');
  const keys = keysOf(offered.origin);
  if (keys.length === 0) return refuse('unknown-origin');
  if (!isSignedByOwner(offered, keys, readKey)) return refuse('not-signed');

  const last = held(offered.origin);
  if (last === undefined)
    return request.from === 0 && request.proof.length === 0 ? { kind: 'cosign', checkpoint: offered } : conflict(undefined);
  const evidence = { held: last.text, offered: offered.text };
  // Smaller: an old copy of the ledger, or an old request. The same size and another root: two histories.
  if (offered.size < last.size || (offered.size === last.size && !offered.root.equals(last.root))) return conflict(last, evidence);
  if (request.from !== last.size) return conflict(last);
  const growth = { from: last.size, fromRoot: last.root, size: offered.size, root: offered.root, proof: request.proof };
  if (request.proof.length > LONGEST_PROOF || !checkConsistency(growth)) return refuse('bad-proof', evidence);
  return { kind: 'cosign', checkpoint: offered };
}

function conflict(held: CheckpointNote | undefined, evidence?: Evidence): Decision {
  return { kind: 'conflict', held: held === undefined ? null : held.text, size: held?.size ?? 0, evidence };
}

function refuse(why: Extract<Decision, { kind: 'refuse' }>['why'], evidence?: Evidence): Decision {
  return { kind: 'refuse', why, evidence };
}
