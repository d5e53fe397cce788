import { sign, verify, type KeyObject } from 'node:crypto';
import { ConsiliumError, signedBytes, statementJson, STATEMENTS, type Statement, type StatementKind } from '@consilium/protocol';
import { IDENTITY_KEY_BYTES, importIdentityKey } from './ed25519.js';

const SIGNATURE_BYTES = 64;

/** What travels: the statement's canonical JSON, and Ed25519 over `consilium/v1/<kind>\n` and it. */
export interface SignedStatement {
  readonly json: Buffer;
  /** 64 bytes. */
  readonly signature: Buffer;
}

/**
 * Signs a statement with a site's identity key (pure Ed25519, RFC 8032).
 * @throws z.ZodError for a statement of the wrong form
 */
export function signStatement<K extends StatementKind>(kind: K, statement: Statement<K>, identityKey: KeyObject): SignedStatement {
  const json = statementJson(kind, statement);
  return { json, signature: sign(null, signedBytes(kind, json), identityKey) };
}

/**
 * Checks a statement against a key from the roster, and only then reads it. Its JSON has to be its own canonical
 * form, so that what was signed can be read in one way only. Whether it is about the study, round and site at hand
 * is for the caller to compare.
 * @param publicKey - 32 bytes
 * @throws ConsiliumError SIGNATURE_INVALID
 */
export function verifyStatement<K extends StatementKind>(
  kind: K,
  json: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): Statement<K> {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== IDENTITY_KEY_BYTES) throw invalid(kind, 'has the wrong length');
  if (!isSignedBy(signedBytes(kind, json), signature, publicKey)) throw invalid(kind, 'is not by the key on the roster');
  const statement = STATEMENTS[kind].safeParse(parseJson(json));
  if (!statement.success) throw invalid(kind, 'covers a statement of another form');
  const parsed = statement.data as Statement<K>;
  if (!statementJson(kind, parsed).equals(json)) throw invalid(kind, 'covers JSON that is not in canonical form');
  return parsed;
}

/**
 * Whether a key signed just this statement, which the caller has put together itself.
 * @param publicKey - 32 bytes
 * @throws z.ZodError for a statement of the wrong form
 */
export function hasSigned<K extends StatementKind>(
  kind: K,
  statement: Statement<K>,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== IDENTITY_KEY_BYTES) return false;
  return isSignedBy(signedBytes(kind, statementJson(kind, statement)), signature, publicKey);
}

function isSignedBy(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return verify(null, bytes, importIdentityKey(publicKey), signature);
  } catch {
    return false; // 32 bytes that are no point of the curve.
  }
}

function parseJson(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString('utf8'));
  } catch {
    return undefined;
  }
}

function invalid(kind: StatementKind, why: string): ConsiliumError {
  return new ConsiliumError({
    code: 'SIGNATURE_INVALID',
    errorClass: 'verification',
    message: `The signature of this ${kind} statement ${why}.`,
    fix: 'Compare the fingerprint words of the site with its own (consilium-site roster show).',
  });
}
