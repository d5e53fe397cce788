import { createHash } from 'node:crypto';
import { invalidNote } from './invalid-note.js';

/** Signature types of C2SP signed-note: plain Ed25519 over the body, and a cosignature with a time. */
export const ED25519 = 0x01;
export const COSIGNATURE_V1 = 0x04;

const KEY_ID_BYTES = 4;
/** Far above a ledger's owner and a hundred witnesses. */
const LONGEST_NOTE = 65_536;
const SIGNATURE_LINE = /^— ([^\s+]{1,300}) ([A-Za-z0-9+/]+={0,2})$/u;

export interface NoteSignature {
  /** Whose key: an origin, or `consortium/site` for a witness. */
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

/** A text with signatures under it (C2SP signed-note). `body` ends in a line feed; that is what is signed. */
export interface SignedNote {
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key), the first 4 bytes. */
export function keyId(name: string, type: number, publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(type)).update(publicKey).digest().subarray(0, KEY_ID_BYTES);
}

/** A signature as a line of a note, with its line feed. */
export function signatureLine({ name, keyId: id, signature }: NoteSignature): string {
  return `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** @throws ConsiliumError NOTE_INVALID for anything but one signature line in its one form */
export function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line.endsWith('\n') ? line.slice(0, -1) : '') ?? [];
  const bytes = encoded === undefined ? undefined : strictBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length <= KEY_ID_BYTES) throw invalidNote('has a signature line of another form');
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** @throws ConsiliumError NOTE_INVALID */
export function parseNote(text: string): SignedNote {
  if (text.length > LONGEST_NOTE) throw invalidNote('is too long');
  const blank = text.lastIndexOf('\n\n');
  if (blank < 0 || !text.endsWith('\n')) throw invalidNote('has no blank line before its signatures');
  const lines = text.slice(blank + 2, -1).split('\n');
  return { body: text.slice(0, blank + 1), signatures: lines.map((line) => parseSignatureLine(`${line}\n`)) };
}

/** The note as text. */
export function formatNote({ body, signatures }: SignedNote): string {
  return `${body}\n${signatures.map(signatureLine).join('')}`;
}

/** Base64 with padding that decodes and encodes to itself: bytes have one spelling. */
export function strictBase64(encoded: string): Buffer | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes : undefined;
}
