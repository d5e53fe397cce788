import { ConsiliumError } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintWords } from './fingerprint-words.js';
import { memberOf, memberWords, parseRoster, rosterHash } from './roster.js';

const member = (site: string, fill: number) => ({ site, identityKey: Buffer.alloc(32, fill), sealingKey: Buffer.alloc(1216, fill) });
const message = {
  consortium: 'heart',
  epoch: 0,
  previousHash: Buffer.alloc(0),
  members: [member('cleveland', 1), member('hungarian', 2), member('swiss', 3)],
};
const hashOf = (change: object) => rosterHash(parseRoster({ ...message, ...change })).toString('hex');

describe('the roster', () => {
  it('gives the keys of a member, and says when there is none', () => {
    const roster = parseRoster(message);
    expect(memberOf(roster, 'hungarian').identityKey).toEqual(Buffer.alloc(32, 2));
    expect(() => memberOf(roster, 'va')).toThrow(expect.objectContaining({ code: 'NOT_ON_ROSTER' }));
  });

  it('has a hash that changes with every key, name, number and the order of the members', () => {
    const [first, second, third] = message.members as [ReturnType<typeof member>, ReturnType<typeof member>, ReturnType<typeof member>];
    const next = { epoch: 1, previousHash: rosterHash(parseRoster(message)) };
    const hashes = [
      hashOf({}),
      hashOf({ consortium: 'lung' }),
      hashOf(next),
      hashOf({ ...next, epoch: 2 }),
      hashOf({ ...next, previousHash: Buffer.alloc(32) }),
      hashOf({ members: [second, first, third] }),
      hashOf({ members: [first, second] }),
      hashOf({ members: [{ ...first, site: 'va' }, second, third] }),
      hashOf({ members: [{ ...first, identityKey: Buffer.alloc(32, 9) }, second, third] }),
      hashOf({ members: [{ ...first, sealingKey: Buffer.alloc(1216, 9) }, second, third] }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('hashes alike whatever kind of bytes the wire gives, and with fields it does not know', () => {
    const plain = message.members.map((one) => ({ ...one, identityKey: new Uint8Array(one.identityKey), $type: 'RosterMember' }));
    expect(hashOf({ members: plain })).toBe(hashOf({}));
  });

  it('is refused with a site or key twice, keys of the wrong length, or a broken chain', () => {
    const one = member('cleveland', 1);
    for (const wrong of [
      { members: [one, { ...member('cleveland', 2) }] },
      { members: [one, { ...member('va', 2), identityKey: one.identityKey }] },
      { members: [one, { ...member('va', 2), sealingKey: one.sealingKey }] },
      { members: [{ ...one, identityKey: Buffer.alloc(31) }] },
      { members: [{ ...one, sealingKey: Buffer.alloc(1184) }] },
      { members: [{ ...one, site: 'Cleveland' }] },
      { previousHash: Buffer.alloc(32) },
      { epoch: 1 },
      { epoch: 1, previousHash: Buffer.alloc(20) },
      { epoch: -1 },
      { consortium: 'he art' },
    ])
      expect(() => parseRoster({ ...message, ...wrong }), JSON.stringify(wrong).slice(0, 80)).toThrow(
        expect.objectContaining({ code: 'ROSTER_INVALID' }),
      );
  });

  it('never fails in another way, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(() => parseRoster(anything)).toThrow(ConsiliumError);
      }),
    );
  });
});

describe('fingerprint words', () => {
  it('are the first 88 bits of SHA-256 in words of the BIP-39 English list', () => {
    // Computed with Python's hashlib and the published word list.
    expect(fingerprintWords(Buffer.from('abc'))).toBe('risk scheme quiz bulk brother vivid agree chimney');
    expect(fingerprintWords(new Uint8Array(0))).toBe('together mail awful cradle scrub apart hip leader');
  });

  it('of a member cover both keys', () => {
    const one = member('cleveland', 1);
    expect(memberWords(one).split(' ')).toHaveLength(8);
    expect(memberWords({ ...one, identityKey: Buffer.alloc(32, 2) })).not.toBe(memberWords(one));
    expect(memberWords({ ...one, sealingKey: Buffer.alloc(1216, 2) })).not.toBe(memberWords(one));
  });
});
