import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { ConsiliumError, signedBytes, type Statement } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { importIdentityKey, rawIdentityKey } from './ed25519.js';
import { hasSigned, signStatement, verifyStatement } from './statement-signature.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = rawIdentityKey(publicKey);
const upload = {
  consortium: 'heart',
  study: 'ab'.repeat(32),
  site: 'cleveland',
  keyEpoch: 0,
  round: 3,
  attempt: 0,
  bytes: 12_345,
  sha256: 'cd'.repeat(32),
} as Statement<'upload'>;
const { json, signature } = signStatement('upload', upload, privateKey);

const invalid = expect.objectContaining({ code: 'SIGNATURE_INVALID', exitCode: 6 });
/** Signed correctly over bytes that no honest site would sign. */
const signedAnyway = (text: string) => {
  const bytes = Buffer.from(text, 'utf8');
  return [bytes, sign(null, signedBytes('upload', bytes), privateKey)] as const;
};

describe('a signed statement', () => {
  it('is read back by whoever has the 32 bytes of the public key', () => {
    expect(raw).toHaveLength(32);
    expect(rawIdentityKey(privateKey)).toEqual(raw);
    expect(importIdentityKey(raw).equals(publicKey)).toBe(true);
    expect(signature).toHaveLength(64);
    expect(verifyStatement('upload', json, signature, raw)).toEqual(upload);
  });

  it('agrees with RFC 8032, section 7.1, test 2', () => {
    const key = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex');
    const published = Buffer.from(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      'hex',
    );
    expect(verify(null, Buffer.from('72', 'hex'), importIdentityKey(key), published)).toBe(true);
    expect(rawIdentityKey(importIdentityKey(key))).toEqual(key);
  });

  it('is refused when a single bit of statement, signature or key differs', () => {
    const flip = (bytes: Buffer, bit: number) => {
      const copy = Buffer.from(bytes);
      const at = bit >> 3;
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit & 7)), at);
      return copy;
    };
    fc.assert(
      fc.property(fc.nat(json.length * 8 - 1), (bit) => {
        expect(() => verifyStatement('upload', flip(json, bit), signature, raw)).toThrow(invalid);
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.nat(511), fc.nat(255), (ofSignature, ofKey) => {
        expect(() => verifyStatement('upload', json, flip(signature, ofSignature), raw)).toThrow(invalid);
        expect(() => verifyStatement('upload', json, signature, flip(raw, ofKey))).toThrow(invalid);
      }),
      { numRuns: 50 },
    );
  });

  it('is refused as a statement of another kind', () => {
    expect(() => verifyStatement('state', json, signature, raw)).toThrow(invalid);
  });

  it('is refused under the key of another site, or under lengths that are no key and no signature', () => {
    const other = rawIdentityKey(generateKeyPairSync('ed25519').publicKey);
    expect(() => verifyStatement('upload', json, signature, other)).toThrow(invalid);
    expect(() => verifyStatement('upload', json, signature, Buffer.alloc(31))).toThrow(invalid);
    expect(() => verifyStatement('upload', json, Buffer.alloc(0), raw)).toThrow(invalid);
  });

  it('is refused when its JSON could have been written otherwise, though the signature is good', () => {
    const text = json.toString('utf8');
    const twice = `{"round":4,${text.slice(1)}`;
    for (const other of [` ${text}`, twice, text.replace('"attempt":0', '"attempt":0.0'), text.replace('heart', '\\u0068eart')]) {
      expect(other).not.toBe(text);
      expect(() => verifyStatement('upload', ...signedAnyway(other), raw), other).toThrow(invalid);
    }
    expect(verifyStatement('upload', ...signedAnyway(text), raw)).toEqual(upload);
  });

  it('is refused when it has not the form of its kind, though the signature is good', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      json.toString().replace('"round":3', '"round":-3'),
      json.toString().replace('{', '{"a":1,'),
    ])
      expect(() => verifyStatement('upload', ...signedAnyway(text), raw), text).toThrow(invalid);
    expect(() => verifyStatement('upload', ...signedAnyway('{}'), raw)).toThrow(ConsiliumError);
  });

  it('is known again by whoever puts the same statement together, and no other is', () => {
    expect(hasSigned('upload', upload, signature, raw)).toBe(true);
    expect(hasSigned('upload', { ...upload }, signature, raw)).toBe(true);
    expect(hasSigned('upload', { ...upload, attempt: 1 }, signature, raw)).toBe(false);
    expect(hasSigned('upload', upload, signature, rawIdentityKey(generateKeyPairSync('ed25519').publicKey))).toBe(false);
    for (const key of [Buffer.alloc(0), Buffer.alloc(32), raw.subarray(1)]) expect(hasSigned('upload', upload, signature, key)).toBe(false);
    for (const other of [signature.subarray(1), Buffer.concat([signature, signature]), Buffer.alloc(64)])
      expect(hasSigned('upload', upload, other, raw)).toBe(false);
  });

  it('is not signed when its form is wrong', () => {
    expect(() => signStatement('upload', { ...upload, round: -1 }, privateKey)).toThrow(z.ZodError);
  });
});
