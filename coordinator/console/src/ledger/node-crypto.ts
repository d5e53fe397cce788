import { sha256 } from '@noble/hashes/sha2.js';
import { BrowserBuffer } from './browser-buffer.js';
import { absent } from './node-absent.js';

interface Hash {
  update(bytes: string | Uint8Array): Hash;
  digest(): BrowserBuffer;
  digest(encoding: 'hex'): string;
}

/** SHA-256 with the face of Node's `createHash`; the verifier asks for no other. */
export function createHash(algorithm: string): Hash {
  if (algorithm !== 'sha256') throw new RangeError(`no ${algorithm} in a browser`);
  const state = sha256.create();
  const hash: Hash = {
    update: (bytes) => {
      state.update(typeof bytes === 'string' ? BrowserBuffer.from(bytes) : bytes);
      return hash;
    },
    digest: ((encoding?: 'hex') => {
      const digest = BrowserBuffer.from(state.digest());
      return encoding === 'hex' ? digest.toString('hex') : digest;
    }) as Hash['digest'],
  };
  return hash;
}

export const randomBytes = absent;
export const randomFillSync = absent;
export const createCipheriv = absent;
