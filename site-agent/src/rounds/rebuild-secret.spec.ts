import { randomBytes } from 'node:crypto';
import { SiteName } from '@consilium/protocol';
import { commitment, splitSecret } from '@consilium/sealed-sum';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebuildSecret } from './rebuild-secret.js';

const holders = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => SiteName.parse(name));

async function world(threshold: number) {
  const secret = randomBytes(32);
  const shares = (await splitSecret(secret, holders.length, threshold)).map((share, index) => ({ holder: holders[index]!, share }));
  return { secret, shares, committed: commitment(secret) };
}

describe('a secret from released shares', () => {
  it('is the dealt one whichever t holders answer, and names those whose shares are not of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.uniqueArray(fc.nat({ max: 6 }), { maxLength: 2 }), async (threshold, bad) => {
        const { secret, shares, committed } = await world(threshold);
        const sent = shares.map((share, index) =>
          bad.includes(index) ? { ...share, share: randomBytes(33).fill(index + 200, 32) } : share,
        );
        const rebuilt = await rebuildSecret(sent, threshold, committed);
        expect(rebuilt?.secret).toEqual(secret);
        // One that was never needed is not looked at.
        if (bad.some((index) => index < threshold)) expect(rebuilt?.faulty).toEqual(bad.toSorted().map((index) => holders[index]));
      }),
      { numRuns: 30 },
    );
  });

  it('is not found where too few shares are right, or another one was committed to', async () => {
    const { shares, committed } = await world(4);
    expect(await rebuildSecret(shares.slice(0, 3), 4, committed)).toBeUndefined();
    expect(await rebuildSecret(shares, 4, randomBytes(32))).toBeUndefined();
    const spoilt = shares.map((share, index) => (index < 4 ? { ...share, share: randomBytes(33).fill(index + 1, 32) } : share));
    expect(await rebuildSecret(spoilt, 4, committed)).toBeUndefined();
  });
});
