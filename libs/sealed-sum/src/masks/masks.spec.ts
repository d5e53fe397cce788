import fc from 'fast-check';
import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEGREE, PLAIN_MODULUS } from '../parameters/ring.js';
import { BlockCounters } from './block-counters.js';
import { droppedMasks, pairKey, selfKey, siteMasks } from './mask-keys.js';
import { MaskStream } from './mask-stream.js';
import { MaskSum } from './mask-sum.js';
import { keyAgreement, publicRoundKey, roundKeyPair } from './round-keys.js';

const P = BigInt(PLAIN_MODULUS);

/** PROTOCOL.md section 4, step 3, word for word, with the library's own counter mode. */
function masksByTheBook(key: Uint8Array, block: number, modulus = P): bigint[] {
  const iv = Buffer.alloc(16);
  iv.writeBigUInt64BE(BigInt(block));
  const stream = createCipheriv('aes-256-ctr', key, iv);
  const masks: bigint[] = [];
  while (masks.length < DEGREE) {
    const draw = stream.update(Buffer.alloc(8)).readBigUInt64LE() & (2n ** 46n - 1n);
    if (draw < modulus) masks.push(draw);
  }
  return masks;
}
const streamed = (key: Uint8Array, block: number, modulus?: bigint) => {
  const sums = new BigUint64Array(DEGREE);
  const counters = new BlockCounters();
  counters.moveTo(block);
  new MaskStream(key, modulus).addTo(sums, counters);
  return [...sums];
};
const modP = (value: bigint) => ((value % P) + P) % P;

describe('a mask stream', () => {
  it.each([0, 1, 255, 70_000, 2 ** 32 - 1])('is that of the protocol for ciphertext %i', (block) => {
    const key = randomBytes(32);
    expect(streamed(key, block)).toEqual(masksByTheBook(key, block));
  });

  it('skips draws that are not below the modulus, also when a block needs a second helping', () => {
    const key = randomBytes(32);
    for (const modulus of [2n ** 45n + 1n, 2n ** 44n - 3n, 2n ** 46n - 2n ** 36n])
      expect(streamed(key, 3, modulus)).toEqual(masksByTheBook(key, 3, modulus));
  });

  it('depends on every byte of its key and refuses one of another length', () => {
    const key = randomBytes(32);
    for (const at of [0, 31]) {
      const other = Buffer.from(key);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(streamed(other, 0)).not.toEqual(streamed(key, 0));
    }
    expect(() => new MaskStream(key.subarray(1))).toThrow(RangeError);
  });
});

describe('a sum of masks', () => {
  it('is the sum with its signs modulo p, wherever the values stand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(1 as const, -1 as const), { maxLength: 9 }),
        fc.nat(1000),
        fc.constantFrom(0n, 1n, P - 1n),
        (signs, block, start) => {
          const terms = signs.map((sign) => ({ key: randomBytes(32), sign }));
          const values = new BigUint64Array(DEGREE).fill(start);
          new MaskSum(terms).addTo(values, block);
          const expected = Array.from({ length: DEGREE }, () => start);
          for (const { key, sign } of terms)
            masksByTheBook(key, block).forEach((mask, k) => (expected[k] = (expected[k] ?? 0n) + BigInt(sign) * mask));
          expect([...values]).toEqual(expected.map(modP));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('stays exact with as many masks as the largest sum has, all of one sign', () => {
    const key = randomBytes(32);
    for (const sign of [1, -1] as const) {
      const values = new BigUint64Array(DEGREE).fill(P - 1n);
      new MaskSum(Array.from({ length: 2000 }, () => ({ key, sign }))).addTo(values, 5);
      expect([...values]).toEqual(masksByTheBook(key, 5).map((mask) => modP(P - 1n + BigInt(sign) * 2000n * mask)));
    }
  });
});

describe('keys of masks', () => {
  const transcript = randomBytes(32);

  it('are the same at both ends of a pair, and others for another transcript', () => {
    const [one, two] = [roundKeyPair(), roundKeyPair()];
    const key = pairKey(one.privateKey, two.publicKey, transcript);
    expect(pairKey(two.privateKey, one.publicKey, transcript)).toEqual(key);
    expect(pairKey(two.privateKey, one.publicKey, randomBytes(32))).not.toEqual(key);
    expect(selfKey(one.privateKey, transcript)).not.toEqual(selfKey(one.privateKey, randomBytes(32)));
  });

  it('come from X25519 as RFC 7748 section 6.1 computes it', () => {
    const alice = Buffer.from('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a', 'hex');
    const bob = Buffer.from('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f', 'hex');
    expect(publicRoundKey(alice).toString('hex')).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(keyAgreement(alice)(bob).toString('hex')).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  });

  it('refuse a point of small order and keys of another length', () => {
    const { privateKey } = roundKeyPair();
    for (const point of [Buffer.alloc(32), Buffer.concat([Buffer.of(1), Buffer.alloc(31)]), randomBytes(31)])
      expect(() => keyAgreement(privateKey)(point)).toThrow(expect.objectContaining({ code: 'ROUND_KEY_INVALID' }));
    expect(() => publicRoundKey(randomBytes(33))).toThrow(expect.objectContaining({ code: 'ROUND_KEY_INVALID' }));
    expect(() => pairKey(privateKey, roundKeyPair().publicKey, randomBytes(31))).toThrow(RangeError);
    expect(() => selfKey(randomBytes(31), transcript)).toThrow(RangeError);
  });

  it('give the advertised public key back from a rebuilt private one', () => {
    const { privateKey, publicKey } = roundKeyPair();
    expect(publicRoundKey(Uint8Array.from(privateKey))).toEqual(publicKey);
  });

  it('cancel over all sites, and what a dropped site leaves behind is known from its round key', () => {
    const sites = Array.from({ length: 5 }, (_, index) => ({ index, ...roundKeyPair(), selfSecret: randomBytes(32) }));
    const pairsOf = (own: (typeof sites)[number]) =>
      siteMasks(
        own,
        sites.filter((peer) => peer !== own),
        transcript,
      ).pairs;
    const total = new BigUint64Array(DEGREE);
    new MaskSum(sites.flatMap(pairsOf)).addTo(total, 2);
    expect(total.every((value) => value === 0n)).toBe(true);

    const [dropped, ...contributors] = [sites[2]!, ...sites.filter(({ index }) => index !== 2)];
    const left = new BigUint64Array(DEGREE);
    new MaskSum(contributors.flatMap(pairsOf)).addTo(left, 2);
    expect(left.some((value) => value !== 0n)).toBe(true);
    const known = new BigUint64Array(DEGREE);
    new MaskSum(droppedMasks(dropped!, contributors, transcript)).addTo(known, 2);
    expect(known).toEqual(left);
  });
});
