import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { IDENTITY_KEY_BYTES, importIdentityKey, rawIdentityKey } from './ed25519.js';
import { fingerprintWords } from './fingerprint-words.js';

/**
 * The one form of an officer's Ed25519 keys: a line of text each, a word that says what it is, a dot, and 32 bytes in
 * base64url (RFC 8032's seed, or its public key). Nothing else is read, so that nothing can be taken for another.
 */
const PRIVATE_FORM = /^consilium-officer-key-1\.([A-Za-z0-9_-]{43})$/;
const PUBLIC_FORM = /^consilium-officer-1\.([A-Za-z0-9_-]{43})$/;

/** PKCS#8 (RFC 8410) around the 32 bytes of a seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** An officer's pair of keys as text, each with a line feed at its end. */
export interface OfficerKeyTexts {
  readonly privateKey: string;
  readonly publicKey: string;
  /** Eight words, to compare when the public key is handed to site IT. */
  readonly words: string;
}

/** Draws a new pair. */
export async function createOfficerKey(): Promise<OfficerKeyTexts> {
  const { privateKey } = await promisify(generateKeyPair)('ed25519');
  const { d } = privateKey.export({ format: 'jwk' });
  if (d === undefined) throw new TypeError('an Ed25519 private key has a seed');
  const raw = rawIdentityKey(privateKey);
  return {
    privateKey: `consilium-officer-key-1.${d}\n`,
    publicKey: `consilium-officer-1.${raw.toString('base64url')}\n`,
    words: officerWords(raw),
  };
}

/** @param publicKey - 32 bytes */
export const officerWords = (publicKey: Uint8Array): string => fingerprintWords(publicKey);

/** @throws ConsiliumError OFFICER_KEY_INVALID */
export function parseOfficerKey(text: string): KeyObject {
  const seed = bytesOf(text, PRIVATE_FORM);
  if (seed?.length !== IDENTITY_KEY_BYTES) throw invalid('private', 'consilium-officer-key-1.');
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

/** @returns the 32 bytes of the public key @throws ConsiliumError OFFICER_KEY_INVALID */
export function parseOfficerPublicKey(text: string): Buffer {
  const raw = bytesOf(text, PUBLIC_FORM);
  if (raw?.length !== IDENTITY_KEY_BYTES) throw invalid('public', 'consilium-officer-1.');
  try {
    importIdentityKey(raw);
  } catch {
    throw invalid('public', 'consilium-officer-1.');
  }
  return raw;
}

/** The 32 bytes of the public half. */
export const officerPublicKey = (key: KeyObject): Buffer => rawIdentityKey(key);

function bytesOf(text: string, form: RegExp): Buffer | undefined {
  const found = form.exec(text.trim())?.[1];
  return found === undefined ? undefined : Buffer.from(found, 'base64url');
}

function invalid(half: 'private' | 'public', begins: string): ConsiliumError {
  return new ConsiliumError({
    code: 'OFFICER_KEY_INVALID',
    errorClass: 'usage',
    message: `That is not the ${half} key of an officer; one is a single line that begins with ${begins}`,
    fix: 'Make a pair with: consilium-site officer key new -o FILE',
  });
}
