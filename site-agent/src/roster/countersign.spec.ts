import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSiteKeys, nextRoster, type Roster, type SiteKeys } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createState, keepRosters, openState, rosterInForce, saveMembership, type SiteState } from '../state/index.js';
import type { CliIo } from '../cli/cli-io.js';
import { describe as describeRosterOf, sign } from '../cli/commands/roster.js';
import type { MemberWork } from '../decisions/index.js';
import { countersign } from './countersign.js';

let directory: string;
let state: SiteState;
let keys: SiteKeys;
let first: Roster;
const member = (name: string, fill: number) => ({
  site: SiteName.parse(name),
  identityKey: Buffer.alloc(32, fill),
  sealingKey: Buffer.alloc(1216, fill),
});
const self = () => ({ site: SiteName.parse('a'), identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  createState(directory);
  state = openState(directory);
  keys = await createSiteKeys(join(directory, 'keys', 'site'));
  saveMembership(state, {
    consortium: 'heart.example',
    site: SiteName.parse('a'),
    coordinator: 'c:1',
    caPem: 'ca',
    certificatePem: 'leaf',
    joinedAt: new Date(0).toISOString(),
  });
  first = nextRoster('heart.example', undefined, [self()]);
  keepRosters(state, [first]);
});
afterEach(() => {
  state.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('a person who compares words by phone', () => {
  it('signs the roster that was compared, not one that the coordinator slips in meanwhile', async () => {
    const compared = describeRosterOf(state, undefined);
    keepRosters(state, [nextRoster('heart.example', first, [self(), member('mallory', 9)])]);
    const roster = {
      countersign: (_: unknown, __: unknown, ___: unknown, reply: (error: null, answer: object) => void) => setImmediate(reply, null, {}),
    };
    const io = { signal: new AbortController().signal, interactive: false } as CliIo;
    await sign({ state, keys, connection: { roster } as unknown as MemberWork['connection'] } as MemberWork, io, true, compared);
    expect(rosterInForce(state)?.epoch).toBe(first.epoch);
  });

  it('signs nothing where this site was given another roster of that epoch', () => {
    keepRosters(state, [nextRoster('heart.example', first, [self(), member('mallory', 9)])]);
    const compared = nextRoster('heart.example', first, [self(), member('b', 2)]);
    expect(() => countersign(state, keys, compared)).toThrow(expect.objectContaining({ code: 'ROSTER_CHAIN', exitCode: 6 }));
    expect(rosterInForce(state)).toBeUndefined();
  });
});
