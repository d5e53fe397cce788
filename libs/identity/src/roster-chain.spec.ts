import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { checkCountersignature } from './countersignature.js';
import { rawIdentityKey } from './ed25519.js';
import { checkRosterChain, nextRoster, rosterChange, rosterStatement, rosterWords } from './roster-chain.js';
import { rosterHash, type Roster, type RosterMember } from './roster.js';
import { signStatement } from './statement-signature.js';

const keys = new Map<string, KeyObject>();
function member(name: string, seed = 1): RosterMember {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  keys.set(name, privateKey);
  return { site: SiteName.parse(name), identityKey: rawIdentityKey(publicKey), sealingKey: Buffer.alloc(1216, seed) };
}

const [a, b, c] = [member('a', 1), member('b', 2), member('c', 3)] as [RosterMember, RosterMember, RosterMember];
const first = nextRoster('heart', undefined, [a, b]);
const second = nextRoster('heart', first, [a, b, c]);
const third = nextRoster('heart', second, [a, c]);

describe('a chain of rosters', () => {
  it('begins at epoch 0, and each epoch carries the hash of the one before', () => {
    expect(first).toMatchObject({ epoch: 0, previousHash: new Uint8Array(0) });
    expect(Buffer.from(second.previousHash)).toEqual(rosterHash(first));
    expect(() => checkRosterChain(first, [second, third])).not.toThrow();
    expect(() => checkRosterChain(first, [])).not.toThrow();
  });

  it.each<[string, Roster]>([
    ['that leaves an epoch out', third],
    ['whose past differs', { ...second, previousHash: Buffer.alloc(32, 7) }],
    ['of another consortium', { ...second, consortium: 'lung' }],
    ['that is the same epoch again', first],
  ])('refuses one %s', (_, roster) => {
    expect(() => checkRosterChain(first, [roster])).toThrow(expect.objectContaining({ code: 'ROSTER_CHAIN', exitCode: 6 }));
  });

  it('says who is new, who has other keys and who left', () => {
    expect(rosterChange(undefined, first).joined.map(({ site }) => site)).toEqual(['a', 'b']);
    expect(rosterChange(first, second)).toEqual({ joined: [c], rekeyed: [], left: [] });
    expect(rosterChange(second, third)).toEqual({ joined: [], rekeyed: [], left: ['b'] });
    const renewed = { ...b, sealingKey: Buffer.alloc(1216, 9) };
    expect(rosterChange(second, nextRoster('heart', third, [a, c, renewed]))).toEqual({ joined: [], rekeyed: [renewed], left: [] });
  });

  it('has words that any change of any member or of its past changes', () => {
    expect(rosterWords(first).split(' ')).toHaveLength(8);
    expect(rosterWords({ ...second, previousHash: Buffer.alloc(32, 7) })).not.toBe(rosterWords(second));
  });
});

describe('a countersignature', () => {
  const sign = (roster: Roster, name: string, as = name) =>
    signStatement('roster', rosterStatement(roster, SiteName.parse(name)), keys.get(as) as KeyObject).signature;

  it('counts for the roster that it is over, by the member that it names', () => {
    expect(() => checkCountersignature(second, a.site, sign(second, 'a'))).not.toThrow();
  });

  it('counts for no other roster, not even of the same epoch, and by nobody else', () => {
    const fork = nextRoster('heart', first, [a, b, member('d', 4)]);
    for (const [roster, site, signature] of [
      [fork, a.site, sign(second, 'a')],
      [second, a.site, sign(second, 'a', 'b')],
      [second, b.site, sign(second, 'a')],
      [first, c.site, sign(first, 'c')],
    ] as const)
      expect(() => checkCountersignature(roster, site, signature)).toThrow(expect.objectContaining({ code: 'COUNTERSIGNATURE_INVALID' }));
  });
});
