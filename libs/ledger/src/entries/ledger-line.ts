import { canonicalJson, type Json } from '@consilium/protocol';
import { z } from 'zod';
import { signedJson, type Signer } from '../signatures.js';
import { Entry } from './entry.js';

/** Far above a reserve with its grid, or an abort certificate of a thousand sites. */
export const LONGEST_LINE = 262_144;

const Line = z.strictObject({
  entry: Entry,
  signatures: z
    .array(z.string().regex(/^[0-9a-f]{128}$/))
    .min(1)
    .max(2),
});

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A line of the file, read but not yet believed. */
export interface LedgerLine {
  readonly entry: Entry;
  /** 64 bytes each: one, or for a rotation that of the old key and that of the new. */
  readonly signatures: readonly Buffer[];
  /** What the signatures are over: made when asked for, because of a long file only the last line is. */
  signed(): Buffer;
}

/** What is wrong with a line's form. */
export type LineFault = 'too-long' | 'not-json' | 'form' | 'not-canonical';

/** Completes "Line n …". */
export const FORM_DETAIL: Readonly<Record<LineFault, string>> = {
  'too-long': 'is longer than any entry',
  'not-json': 'is not JSON',
  form: 'is not an entry of a form that this version knows',
  'not-canonical': 'is not in canonical form',
};

/**
 * Signs an entry and makes its line: canonical JSON (RFC 8785), without the line feed.
 * @param signers - the key of the ledger; for a rotation also the new one
 * @throws z.ZodError for an entry of the wrong form
 */
export function formatLine(entry: Entry, signers: readonly Signer[]): Buffer {
  const parsed = Entry.parse(entry) as Json;
  const signed = signedJson('ledger-entry', parsed);
  const signatures = signers.map((signer) => Buffer.from(signer.sign(signed)).toString('hex'));
  return canonicalJson({ entry: parsed, signatures });
}

/** Reads a line in the one spelling that it can have. @param line - without its line feed */
export function parseLine(line: Uint8Array): LedgerLine | LineFault {
  if (line.length > LONGEST_LINE) return 'too-long';
  const json = parseJson(line);
  if (json === undefined) return 'not-json';
  const parsed = Line.safeParse(json);
  if (!parsed.success) return 'form';
  // JSON.parse forgets spaces, escapes, double keys and the spelling of numbers: only the canonical bytes are the entry.
  if (!canonicalJson(parsed.data as Json).equals(line)) return 'not-canonical';
  const { entry, signatures } = parsed.data;
  return { entry, signatures: signatures.map((hex) => Buffer.from(hex, 'hex')), signed: () => signedJson('ledger-entry', entry as Json) };
}

function parseJson(line: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(line));
  } catch {
    return undefined;
  }
}
