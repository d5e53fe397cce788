import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextRoster, signStatement, type Roster, type RosterMember } from '@consilium/identity';
import { SiteName, StudyHash, type ResolvedStudy, type Statement } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createState, keepRosters, openState, saveCountersignature, saveMembership, type SiteState } from '../state/index.js';
import { fixRoster, studyMembers, studyRosterEpoch, verifierOf } from './study-members.js';

const CONSORTIUM = 'heart.example';
const hash = StudyHash.parse('ab'.repeat(32));
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => SiteName.parse(name)) as [SiteName, SiteName, SiteName, SiteName];
const study = { sites: { names: [a, b, c] } } as unknown as ResolvedStudy;

const keys = new Map<RosterMember, KeyObject>();
function member(site: SiteName, fill: number): RosterMember {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const entry = {
    site,
    identityKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    sealingKey: Buffer.alloc(1216, fill),
  };
  keys.set(entry, privateKey);
  return entry;
}
const [ofA, ofB, ofC, ofD] = [member(a, 1), member(b, 2), member(c, 3), member(d, 4)];
const newB = member(b, 5);
const first = nextRoster(CONSORTIUM, undefined, [ofA, ofB, ofC]);

let directory: string;
let state: SiteState;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'members-'));
  createState(directory);
  state = openState(directory);
  const joinedAt = '2026-01-01T00:00:00.000Z';
  saveMembership(state, { consortium: CONSORTIUM, site: a, coordinator: 'localhost:1', caPem: '', certificatePem: '', joinedAt });
});
afterEach(() => {
  state.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The site receives rosters, and somebody countersigns the last of them. */
function countersigned(...rosters: readonly Roster[]): void {
  keepRosters(state, rosters);
  saveCountersignature(state, rosters.at(-1)?.epoch ?? 0, Buffer.alloc(64));
}
const sites = () => [...studyMembers(state, hash, study).keys()];
const refusal = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { refusal?: unknown }).refusal;
  }
  return undefined;
};

describe('the roster of a study', () => {
  it('is none before the first one was confirmed', () => {
    keepRosters(state, [first]);
    expect(refusal(() => fixRoster(state, hash, study, 0))).toEqual({ code: 'ROSTER', fields: { epoch: 'none' } });
  });

  it('is refused where a member’s keys stand in an epoch that nobody here has countersigned, and taken once somebody has', () => {
    const early = nextRoster(CONSORTIUM, undefined, [ofA, ofB]);
    const complete = nextRoster(CONSORTIUM, early, [ofA, ofB, ofC]);
    countersigned(early);
    keepRosters(state, [complete]);
    expect(refusal(() => fixRoster(state, hash, study, 1))).toEqual({ code: 'ROSTER', fields: { epoch: '0' } });
    saveCountersignature(state, 1, Buffer.alloc(64));
    fixRoster(state, hash, study, 1);
    expect(sites()).toEqual([a, b, c]);
  });

  it('may be older than the newest one: who joined or left besides changes nothing, before the start and after it', () => {
    const joined = nextRoster(CONSORTIUM, first, [ofA, ofB, ofC, ofD]);
    const left = nextRoster(CONSORTIUM, joined, [ofA, ofB, ofC]);
    countersigned(first, joined);
    fixRoster(state, hash, study, 0);
    countersigned(left);
    fixRoster(state, hash, study, 0);
    expect([studyRosterEpoch(state, hash), sites()]).toEqual([0, [a, b, c]]);
  });

  it('is at a site that was given only a newer one when it joined that newer one, with the same keys', () => {
    const joined = nextRoster(CONSORTIUM, first, [ofA, ofB, ofC, ofD]);
    countersigned(joined);
    fixRoster(state, hash, study, 0);
    countersigned(nextRoster(CONSORTIUM, joined, [ofA, ofC, ofD, newB]));
    expect([studyRosterEpoch(state, hash), sites()]).toEqual([0, [a, c]]);
    expect(refusal(() => fixRoster(state, StudyHash.parse('cd'.repeat(32)), study, 3))).toMatchObject({ code: 'ROSTER' });
  });

  it('is refused where a member has other keys by now, or is gone, or another epoch is named later', () => {
    countersigned(first, nextRoster(CONSORTIUM, first, [ofA, ofC, newB]));
    expect(refusal(() => fixRoster(state, hash, study, 0))).toEqual({ code: 'ROSTER', fields: { epoch: '1' } });
    fixRoster(state, hash, study, 1);
    expect(refusal(() => fixRoster(state, hash, study, 0))).toMatchObject({ code: 'ROSTER' });
    expect(refusal(() => fixRoster(state, StudyHash.parse('cd'.repeat(32)), { sites: { names: [a, d] } } as never, 1))).toMatchObject({
      code: 'ROSTER',
    });
  });
});

describe('a site of a running study', () => {
  const statement = (site: SiteName): Statement<'state'> => ({
    consortium: CONSORTIUM,
    study: hash,
    site,
    keyEpoch: 0,
    round: 1,
    attempt: 0,
    stateHmac: 'ab'.repeat(32),
  });
  const believes = (entry: RosterMember) => {
    const { signature } = signStatement('state', statement(entry.site), keys.get(entry) as KeyObject);
    return verifierOf(studyMembers(state, hash, study))('state', entry.site, statement(entry.site), signature);
  };

  it('is believed by its roster key; from the epoch on in which it has left or has other keys it is not, by the old key or the new', () => {
    countersigned(first);
    fixRoster(state, hash, study, 0);
    expect([believes(ofB), believes(newB), believes(ofC)]).toEqual([true, false, true]);
    const left = nextRoster(CONSORTIUM, first, [ofA, ofC]);
    keepRosters(state, [left]);
    expect(believes(ofB)).toBe(true);
    countersigned(left);
    expect([sites(), believes(ofB), believes(ofC)]).toEqual([[a, c], false, true]);
    countersigned(nextRoster(CONSORTIUM, left, [ofA, ofC, newB]));
    expect([believes(ofB), believes(newB)]).toEqual([false, false]);
  });

  it('that is this one refuses itself once it has other keys', () => {
    countersigned(first);
    fixRoster(state, hash, study, 0);
    countersigned(nextRoster(CONSORTIUM, first, [ofB, ofC, member(a, 7)]));
    expect(refusal(sites)).toEqual({ code: 'ROSTER', fields: { epoch: '1' } });
  });
});
