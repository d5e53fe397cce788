import type { SiteName } from '@consilium/protocol';
import fc from 'fast-check';
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { roundKeyPair } from '../masks/round-keys.js';
import { commitment } from './commitment.js';
import { merklePath, merkleRoot, rootFromPath } from './merkle.js';
import { rebuildRoundKey, rebuildSelfSecret, type DealtSecret, type ReleasedShare } from './rebuild-secret.js';
import { boxProofs, shareProof, shareRoot, verifyBox, verifyShare } from './share-root.js';
import { combineShares, SHARE_BYTES, splitSecret } from './split-secret.js';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const flipped = (bytes: Uint8Array, at = 0) => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe('shares of a secret', () => {
  it('give it back in any threshold of them, and not in one fewer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.nat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        async (holders, seed, secret) => {
          const threshold = 2 + (seed % (holders - 1));
          const shares = await splitSecret(secret, holders, threshold);
          const rotated = [...shares.slice(seed % holders), ...shares.slice(0, seed % holders)];
          expect(await combineShares(rotated.slice(0, threshold))).toEqual(Buffer.from(secret));
          if (threshold > 2) expect(await combineShares(rotated.slice(0, threshold - 1))).not.toEqual(Buffer.from(secret));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are possible for as many holders as a mask graph has', async () => {
    const secret = randomBytes(32);
    const shares = await splitSecret(secret, 150, 100);
    expect(await combineShares(shares.slice(-100))).toEqual(secret);
    expect(shares.every(({ length }) => length === SHARE_BYTES)).toBe(true);
  });

  it('refuse thresholds and secrets that are not possible', async () => {
    for (const [holders, threshold] of [
      [3, 1],
      [3, 4],
      [256, 10],
    ] as const)
      await expect(splitSecret(randomBytes(32), holders, threshold)).rejects.toThrow(RangeError);
    await expect(splitSecret(randomBytes(31), 3, 2)).rejects.toThrow(RangeError);
  });

  it('that cannot belong together give nothing', async () => {
    const [one, two] = await splitSecret(randomBytes(32), 3, 2);
    expect(await combineShares([one!, one!])).toBeUndefined();
    expect(await combineShares([one!, two!.subarray(1)])).toBeUndefined();
    expect(await combineShares([one!, Buffer.concat([two!.subarray(0, 32), Buffer.of(0)])])).toBeUndefined();
    expect(await combineShares([one!])).toBeUndefined();
  });
});

describe('a Merkle tree', () => {
  it('is that of RFC 6962: three leaves by hand', () => {
    const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')];
    const leaf = (bytes: Uint8Array) => sha256(Buffer.of(0), bytes);
    const ab = sha256(Buffer.of(1), leaf(a!), leaf(b!));
    expect(merkleRoot([a!, b!, c!])).toEqual(sha256(Buffer.of(1), ab, leaf(c!)));
  });

  it('proves every leaf at its own place and at no other, and no other leaf', () => {
    for (const count of [1, 2, 3, 7, 8, 13]) {
      const leaves = Array.from({ length: count }, (_, index) => Buffer.from(`leaf ${index}`));
      const root = merkleRoot(leaves);
      leaves.forEach((leaf, index) => {
        const path = merklePath(leaves, index);
        for (let place = 0; place < count; place++) {
          const equal = rootFromPath(leaf, place, count, path)?.equals(root) ?? false;
          expect(equal).toBe(place === index);
        }
        expect(rootFromPath(Buffer.from('other'), index, count, path)?.equals(root) ?? false).toBe(false);
        expect(rootFromPath(leaf, index, count, [...path, root])?.equals(root) ?? false).toBe(false);
      });
    }
  });
});

describe('rebuilding what a site dealt', () => {
  const THRESHOLD = 3;
  const shape = { holders: 5, shares: 2 };
  const dealer = 'aachen' as SiteName;
  const holders = ['bonn', 'celle', 'dresden', 'essen', 'fulda'] as SiteName[];

  /** A dealer's boxes for five holders, each with a share of a self-mask secret and one of a round key. */
  async function deal(spoil = (boxes: Uint8Array[][]) => boxes) {
    const selfSecret = randomBytes(32);
    const roundKey = roundKeyPair();
    const ofSelf = await splitSecret(selfSecret, shape.holders, THRESHOLD);
    const ofKey = await splitSecret(roundKey.privateKey, shape.holders, THRESHOLD);
    const boxes = spoil(holders.map((_, index) => [ofSelf[index]!, ofKey[index]!]));
    const root = shareRoot(boxes);
    const released = (place: number) =>
      holders.map((holder, index): ReleasedShare => {
        const box = boxes[index]!;
        return {
          holder,
          place: { holder: index, share: place },
          share: box[place]!,
          proof: shareProof(box, place, boxProofs(boxes)[index]!),
        };
      });
    const dealt = (place: number): DealtSecret => ({ dealer, place, root, shape, threshold: THRESHOLD });
    return { selfSecret, roundKey, boxes, root, released, dealt };
  }

  it('gives the secrets back, from any holders', async () => {
    const { selfSecret, roundKey, released, dealt } = await deal();
    const self = await rebuildSelfSecret(dealt(0), released(0).slice(2), commitment(selfSecret));
    expect(self).toEqual({ secret: selfSecret, faulty: [] });
    const key = await rebuildRoundKey(dealt(1), released(1).slice(0, 3), roundKey.publicKey);
    expect(key.secret).toEqual(roundKey.privateKey);
  });

  it('lets a holder check its whole box, and refuses another holder’s, a changed one and a shorter one', async () => {
    const { boxes, root } = await deal();
    const proof = boxProofs(boxes)[1]!;
    expect(verifyBox(boxes[1]!, 1, proof, root, shape)).toBe(true);
    expect(verifyBox(boxes[2]!, 1, proof, root, shape)).toBe(false);
    expect(verifyBox(boxes[1]!, 2, proof, root, shape)).toBe(false);
    expect(verifyBox([flipped(boxes[1]![0]!), boxes[1]![1]!], 1, proof, root, shape)).toBe(false);
    expect(verifyBox(boxes[1]!.slice(0, 1), 1, proof, root, shape)).toBe(false);
  });

  it('leaves out a share that is not the one dealt, and names its holder', async () => {
    const { selfSecret, released, dealt } = await deal();
    const shares = released(0).map((share, index) => (index === 1 ? { ...share, share: flipped(share.share) } : share));
    expect(await rebuildSelfSecret(dealt(0), shares, commitment(selfSecret))).toEqual({ secret: selfSecret, faulty: ['celle'] });
    await expect(rebuildSelfSecret(dealt(0), shares.slice(0, 3), commitment(selfSecret))).rejects.toMatchObject({
      code: 'SHARE_INVALID',
      problems: [{ path: 'celle' }],
    });
  });

  it('takes neither another secret’s share nor the same holder twice', async () => {
    const { selfSecret, released, dealt } = await deal();
    const own = released(0).slice(0, 2);
    await expect(rebuildSelfSecret(dealt(0), [...own, released(1)[2]!], commitment(selfSecret))).rejects.toMatchObject({
      code: 'SHARE_INVALID',
    });
    await expect(rebuildSelfSecret(dealt(0), [...own, own[0]!], commitment(selfSecret))).rejects.toMatchObject({ code: 'SHARES_MISSING' });
  });

  it('names the dealer who dealt shares of another secret, or inconsistent ones, whoever’s shares are taken', async () => {
    const { selfSecret, released, dealt } = await deal((boxes) =>
      boxes.map((box, index) => (index === 4 ? [flipped(box[0]!), box[1]!] : box)),
    );
    await expect(rebuildSelfSecret(dealt(0), released(0).slice(2), commitment(selfSecret))).rejects.toMatchObject({
      code: 'DEALT_INVALID',
      problems: [{ path: 'aachen' }],
    });
    await expect(rebuildRoundKey(dealt(1), released(1), roundKeyPair().publicKey)).rejects.toMatchObject({
      code: 'DEALT_INVALID',
      problems: [{ path: 'aachen' }],
    });
  });

  it('does not take a proof for another place', async () => {
    const { boxes, root, released } = await deal();
    const [share] = released(0);
    expect(verifyShare(share!.share, { holder: 0, share: 0 }, share!.proof, root, shape)).toBe(true);
    expect(verifyShare(share!.share, { holder: 0, share: 1 }, share!.proof, root, shape)).toBe(false);
    expect(verifyShare(boxes[0]![1]!, { holder: 0, share: 0 }, share!.proof, root, shape)).toBe(false);
    expect(verifyShare(share!.share, { holder: 1, share: 0 }, share!.proof, root, shape)).toBe(false);
  });
});
