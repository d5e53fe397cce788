import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSiteKeys, nextRoster, type SiteKeys } from '@consilium/identity';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HEART, noisyStudy, OfficerWorld } from '../../test/officer-world.js';
import { knownOfficerKey, signDecision, signPause, type Signers } from '../approval/index.js';
import { readOfficerKey } from '../cli/officer-key-file.js';
import { keepRosters, rosterOfEpoch, saveCountersignature } from '../state/index.js';
import type { LedgerStudy } from './study-rounds.js';

const worlds: OfficerWorld[] = [];
async function newWorld(): Promise<OfficerWorld> {
  const world = new OfficerWorld(50);
  await world.start();
  worlds.push(world);
  return world;
}
afterEach(async () => {
  vi.useRealTimers();
  for (const world of worlds.splice(0)) await world.stop();
});

const own = ({ hash, study }: OfficerWorld): LedgerStudy => ({ hash, study });

async function signers(world: OfficerWorld): Promise<Signers> {
  const { root, config, keys } = world.at('a');
  const key = await readOfficerKey({ cwd: root } as never, 'dpo.key');
  return { site: keys, officer: knownOfficerKey(key!, config.officers), population: HEART };
}

describe("an officer's decisions on a study", () => {
  const approve = (world: OfficerWorld, by: Signers, until: string | null = null) =>
    signDecision(
      world.at('a').state,
      by,
      { study: world.hash, decision: 'approve', release: 'ask', until, epsilonLimit: '4.5' },
      new Date(),
    );

  it('are entries under the name and the key of the officer, in the order in which they were made', async () => {
    const world = await newWorld();
    const by = await signers(world);
    const { state } = world.at('a');
    approve(world, by, '2999-12-31');
    await world.pay(own(world), 1);
    signPause(state, { ...by, officer: undefined }, { study: world.hash, decision: 'pause' }, new Date());
    signPause(state, { ...by, officer: undefined }, { study: world.hash, decision: 'resume' }, new Date());
    signDecision(state, by, { study: world.hash, decision: 'withdraw', release: 'ask', until: null, epsilonLimit: null }, new Date());
    await world.at('a').budgets.attend();
    const { key } = state && { key: by.officer!.key };
    expect(key).toBeDefined();
    expect(world.verified().decisions.map(({ decision, by: who }) => [decision, who.role, who.name])).toEqual([
      [expect.objectContaining({ action: 'approve', epsilonLimit: 4.5, until: '2999-12-31' }), 'officer', 'dpo'],
      [expect.objectContaining({ action: 'pause' }), 'site', 'identity-key'],
      [expect.objectContaining({ action: 'resume' }), 'site', 'identity-key'],
      [expect.objectContaining({ action: 'withdraw' }), 'officer', 'dpo'],
    ]);
    await expect(world.pay(own(world), 2)).rejects.toMatchObject({ refusal: { code: 'APPROVAL_ENDED', fields: { why: 'withdrawn' } } });
    expect((await world.run('ledger show heart')).stdout).toContain('withdrawn by officer dpo');
  });

  it('end by themselves after their last day, which the agent enters', async () => {
    const world = await newWorld();
    approve(world, await signers(world), '2999-12-31');
    await world.pay(own(world), 1);
    vi.useFakeTimers({ now: Date.UTC(3000, 0, 1), toFake: ['Date'] });
    await world.at('a').budgets.attend();
    expect(world.verified().decisions.at(-1)).toMatchObject({ decision: { action: 'expire' }, by: { role: 'agent' } });
    await expect(world.pay(own(world), 2)).rejects.toMatchObject({ refusal: { code: 'APPROVAL_ENDED', fields: { why: 'expired' } } });
  });

  it('are entered once, though the agent ended between writing and noting it', async () => {
    const world = await newWorld();
    approve(world, await signers(world));
    await world.pay(own(world), 1);
    world.at('a').state.database.exec('UPDATE ledger_decision SET outcome = NULL');
    await world.restart('a');
    await world.pay(own(world), 2);
    expect(world.verified().decisions).toHaveLength(1);
    expect(world.at('a').state.database.prepare('SELECT outcome FROM ledger_decision').all()).toEqual([{ outcome: 'entered' }]);
  });

  it('count in the ledger only as they were signed: a changed limit in the tables is nobody’s word', async () => {
    const world = await newWorld();
    approve(world, await signers(world));
    world.at('a').state.database.exec(`UPDATE ledger_decision SET decision = replace(decision, '4.5', '9.5')`);
    await expect(world.pay(own(world), 1)).rejects.toMatchObject({ code: 'NOT_APPROVED' });
    expect((await world.run('ledger show heart')).stdout).toMatch(/refused +approve .*is not signed by the officer dpo/);
  });
});

describe('a site with new keys', () => {
  const SMALL = noisyStudy('small', ['a', 'b', 'c']);
  const earlier = (world: OfficerWorld) => join(world.at('a').root, 'state', 'keys', 'site-until-2026');

  /** As `join --new-keys` leaves it, with the new roster countersigned by all but those named. */
  async function rekey(world: OfficerWorld, not: readonly string[] = []): Promise<SiteKeys> {
    const a = world.at('a');
    const keys = await createSiteKeys(join(a.root, 'fresh-keys'));
    mkdirSync(earlier(world), { mode: 0o700 });
    for (const name of ['identity.key', 'sealing.key', 'transport.key'])
      cpSync(join(a.root, 'state', 'keys', name), join(earlier(world), name));
    countersigned(world, keys, not);
    world.sites.set('a', { ...a, keys });
    await world.restart('a');
    return keys;
  }

  function countersigned(world: OfficerWorld, keys: SiteKeys, not: readonly string[] = []): void {
    for (const { name, state } of world.sites.values()) {
      const first = rosterOfEpoch(state, 0)!;
      const rekeyed = first.members.map((member) =>
        member.site === 'a' ? { ...member, identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey } : member,
      );
      keepRosters(state, [nextRoster(first.consortium, first, rekeyed)]);
      if (!not.includes(name)) saveCountersignature(state, 1, Buffer.alloc(64));
    }
  }

  it('rotates its ledgers by itself; the earlier key goes once the others have seen it, and not before', async () => {
    const world = await newWorld();
    await world.pay(SMALL, 1);
    const keys = await rekey(world, ['b']);
    const key = join(earlier(world), 'identity.key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    // b does not know the new key yet: the rotation stands, and nobody has seen it.
    await world.at('a').budgets.attend();
    expect(world.verified().name.site).toBe('a');
    expect(existsSync(key)).toBe(true);
    countersigned(world, keys);
    await world.restart('a');
    await world.at('a').budgets.attend();
    await vi.waitFor(() => expect(existsSync(key)).toBe(false));
    expect(readdirSync(earlier(world)).toSorted()).toEqual(['sealing.key', 'transport.key']);
    await world.pay(SMALL, 2);
    expect(world.verified(world.note()).complete).not.toBeNull();
    const rotations = world
      .file()
      .toString()
      .match(/"kind":"rotate"/g);
    expect(rotations).toHaveLength(1);
    await world.restart('a');
    await world.pay(SMALL, 3);
  });

  it('deletes the earlier key although the agent ended between the two', async () => {
    const world = await newWorld();
    await world.pay(SMALL, 1);
    const file = readFileSync(join(world.at('a').root, 'state', 'keys', 'identity.key'));
    await rekey(world);
    await world.at('a').budgets.attend();
    const key = join(earlier(world), 'identity.key');
    await vi.waitFor(() => expect(existsSync(key)).toBe(false));
    await world.restart('a', () => {
      cpSync(join(world.at('a').root, 'state', 'keys', 'identity.key'), key);
    });
    expect(readFileSync(key)).toEqual(file);
    await world.at('a').budgets.attend();
    expect(existsSync(key)).toBe(false);
  });

  it('without the earlier key is told what can be done, and gets no new ledger', async () => {
    const world = await newWorld();
    await world.pay(SMALL, 1);
    const before = world.file();
    await rekey(world);
    rmSync(earlier(world), { recursive: true });
    const lost = { code: 'LEDGER_KEY', refusal: { code: 'LEDGER_INVALID' }, fix: expect.stringContaining('from a backup of this site') };
    await expect(world.pay(SMALL, 2)).rejects.toMatchObject(lost);
    expect(world.file()).toEqual(before);
    await world.restart('a', (root) => rmSync(join(root, 'state', 'ledgers'), { recursive: true }));
    await expect(world.pay(SMALL, 2)).rejects.toMatchObject(lost);
  });
});
