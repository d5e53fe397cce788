import type { KeyReader, Signer } from '../signatures.js';
import { HASH_BYTES } from '../tree/hashes.js';
import { invalidNote } from './invalid-note.js';
import { ED25519, formatNote, keyId, parseNote, strictBase64, type SignedNote } from './signed-note.js';

/** Whose ledger it is: one population of patients at one site. */
export interface LedgerName {
  readonly consortium: string;
  readonly site: string;
  readonly population: string;
}

/** What a ledger was at one size. */
export interface Checkpoint {
  /** `consortium/site/population`. */
  readonly origin: string;
  /** Entries, 0 and up. */
  readonly size: number;
  /** RFC 6962 root over the lines, 32 bytes. */
  readonly root: Buffer;
}

/** A checkpoint with whatever signatures are under it; which of them hold is for the reader to check. */
export interface CheckpointNote extends Checkpoint {
  readonly note: SignedNote;
  /** The whole note as it came. */
  readonly text: string;
}

const LARGEST = 2 ** 31 - 1;

export function ledgerOrigin({ consortium, site, population }: LedgerName): string {
  return `${consortium}/${site}/${population}`;
}

/** The body of a C2SP tlog-checkpoint: three lines, none after them. */
export function checkpointBody({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** The checkpoint as a note, signed by the ledger's owner under the origin's name. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  const body = checkpointBody(checkpoint);
  const signature = Buffer.from(signer.sign(Buffer.from(body, 'utf8')));
  const id = keyId(checkpoint.origin, ED25519, signer.publicKey);
  return formatNote({ body, signatures: [{ name: checkpoint.origin, keyId: id, signature }] });
}

/**
 * Reads a note as a checkpoint, in the one form that we write (C2SP tlog-checkpoint without extension lines).
 * @throws ConsiliumError NOTE_INVALID
 */
export function parseCheckpoint(text: string): CheckpointNote {
  const note = parseNote(text);
  const [origin = '', size = '', root = '', ...rest] = note.body.slice(0, -1).split('\n');
  if (rest.length > 0) throw invalidNote('has lines after its root');
  if (!/^[a-z0-9][a-z0-9._-]{0,62}(?:\/[a-z0-9-]{1,40}){2}$/.test(origin))
    throw invalidNote('has an origin that is not consortium/site/population');
  if (!/^(?:0|[1-9]\d{0,9})$/.test(size) || Number(size) > LARGEST)
    throw invalidNote('has a size that is not a number in its shortest form');
  const bytes = strictBase64(root);
  if (bytes?.length !== HASH_BYTES) throw invalidNote('has a root that is not 32 bytes in base64');
  return { origin, size: Number(size), root: bytes, note, text };
}

/** As {@link parseCheckpoint}, for a note from others that may be anything. @returns undefined for what is no checkpoint */
export function tryCheckpoint(text: string): CheckpointNote | undefined {
  try {
    return parseCheckpoint(text);
  } catch {
    return undefined;
  }
}

/** Whether the owner of the ledger signed it, by any of the keys that the site has had. */
export function isSignedByOwner({ origin, note }: CheckpointNote, keys: readonly Uint8Array[], readKey: KeyReader): boolean {
  const body = Buffer.from(note.body, 'utf8');
  return keys.some((key) => {
    const id = keyId(origin, ED25519, key);
    return note.signatures.some(
      (line) => line.name === origin && line.keyId.equals(id) && line.signature.length === 64 && readKey(key)(body, line.signature),
    );
  });
}
