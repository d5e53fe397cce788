import { SiteName, type PrivacyMode } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { checkRelease, type Release } from './releases.js';

const sites = (text: string) => [...text].map((name) => SiteName.parse(name));
const release = (change: Partial<Release> = {}): Release => ({
  round: 5,
  attempt: 0,
  keyEpoch: 0,
  stateDigest: 'before 5',
  kinds: ['update', 'metrics'],
  contributors: sites('abc'),
  ...change,
});
const after =
  (wanted: Partial<Release>, past: Partial<Release> = {}, mode: PrivacyMode = 'none') =>
  () =>
    checkRelease([release(past)], release(wanted), { mode });
const refused = expect.objectContaining({ code: 'RELEASED' });

describe('one release a round', () => {
  it('is repeated for the attempt that it was made in', () => {
    expect(after({})).not.toThrow();
  });

  it('is made in no other attempt of the round, whatever its list', () => {
    expect(after({ attempt: 1 })).toThrow(refused);
    expect(after({ attempt: 1, contributors: sites('abd') })).toThrow(refused);
  });

  it('is made again after a change of keys, for the same contributors only', () => {
    expect(after({ attempt: 1, keyEpoch: 1 })).not.toThrow();
    expect(after({ attempt: 1, keyEpoch: 1, contributors: sites('abd') })).toThrow(refused);
    expect(after({ attempt: 1, keyEpoch: 0 }, { keyEpoch: 1 })).toThrow(refused);
  });

  it('spans rounds: over one state the same kind of figures only for the same contributors', () => {
    const other = { round: 6, contributors: sites('abd') };
    expect(after({ ...other, stateDigest: 'before 6' })).not.toThrow();
    expect(after({ ...other, kinds: ['metrics'] })).toThrow(refused);
    expect(after({ ...other, kinds: ['metrics'] }, { kinds: ['update'] })).not.toThrow();
    expect(after({ round: 6, kinds: ['metrics'] })).not.toThrow();
  });

  it('is one of the round alone where noise is in it and each round is paid for by itself', () => {
    const other = { round: 6, contributors: sites('abd') };
    expect(after(other, {}, 'patient/distributed')).not.toThrow();
    expect(after({ attempt: 1, contributors: sites('abd') }, {}, 'patient/distributed')).toThrow(refused);
  });
});
