import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rawIdentityKey } from './ed25519.js';
import { rawSigner, readRawKey } from './raw-signatures.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const bytes = Buffer.from('cardio/st-elsewhere/heart\n12\n');

describe('a raw signature', () => {
  it('is checked with the 32 bytes of the public key, and is false for anything else', () => {
    const signer = rawSigner(privateKey);
    const signature = signer.sign(bytes);
    expect(signer.publicKey).toEqual(rawIdentityKey(publicKey));
    const holds = readRawKey(signer.publicKey);
    expect(holds(bytes, signature)).toBe(true);
    expect(holds(Buffer.from('other'), signature)).toBe(false);
    expect(holds(bytes, signature.subarray(1))).toBe(false);
    expect(readRawKey(Buffer.alloc(32, 255))(bytes, signature)).toBe(false);
    expect(readRawKey(Buffer.alloc(31))(bytes, signature)).toBe(false);
  });
});
