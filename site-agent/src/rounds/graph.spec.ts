import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteName } from '@consilium/protocol';
import type { ShareRequest, UnmaskRequest } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';
import { unpackSeat } from './seats/held-shares.js';

// The graph of a large study at a small one: n = 16, c = 2, so t = m = 10, 6 neighbours each, 3 shares give a secret back.
const NAMES = Array.from({ length: 16 }, (_, index) => `s${String(index).padStart(2, '0')}`);
const world = new StudyWorld(studyYaml(NAMES, { rounds: 1, colluders: 2 }), {
  masks: { completeUpTo: 10, failureBits: 8 },
  sharedBench: true,
});
const { coordinator } = world;
const [first = ''] = NAMES;
const code = (wanted: string, fields = {}) => ({ refusal: { code: wanted, fields } });

beforeAll(async () => {
  await world.start();
  await world.makeKeys();
});
afterAll(() => world.stop());

/** Sealing to so many takes seconds on a busy machine. */
const LONG = { timeout: 60_000 };

/** Sites that no two neighbours in the ring share: any few of them may be missing. */
function scattered(count: number): readonly string[] {
  const graph = world.graph(0);
  return NAMES.reduce<readonly string[]>((chosen, site) => {
    const contributors = NAMES.filter((name) => name !== site && !chosen.includes(name));
    return chosen.length < count && graph.keepsTogether(contributors as SiteName[]) ? [...chosen, site] : chosen;
  }, []);
}

describe('the seed of the mask graph', () => {
  it('is shared by nobody before all have shown their parts, and shown to one U1 only', LONG, async () => {
    await world.everywhere(() => world.advertiseTask(0, 2));
    const reveal = world.revealTask(0);
    const early = { keyEpoch: 0, block: 0, adverts: reveal.value.adverts };
    await expect(world.perform(first, { $case: 'share', value: { ...early, seedParts: [] } })).rejects.toMatchObject(
      code('SHARE_INVALID', { from: first }),
    );
    await world.perform(first, reveal);
    await world.restart(first);
    await world.perform(first, reveal);
    await expect(world.perform(first, world.revealTask(0, NAMES.slice(0, 15)))).rejects.toMatchObject(code('SEAT_USED'));
    const { database } = world.at('s01').state;
    const add = database.prepare(
      "INSERT INTO study_block (study, key_epoch, block, seats, seed_part, revealed) VALUES (?, 9, ?, 1, x'00', x'00')",
    );
    for (let block = 100; block < 116; block++) add.run(world.hash, block);
    // So many blocks came to nothing after their graph was known.
    await expect(world.perform('s01', reveal)).rejects.toMatchObject({ code: 'SEATS_REFUSED' });
    database.exec('DELETE FROM study_block WHERE key_epoch = 9');
    await world.everywhere(() => reveal);
    const graph = world.graph(0);
    expect(graph.holdersOf(first as SiteName)).toHaveLength(7);
  });

  it('takes no part that is not the one that was committed to, and no U1 that the own part was not shown to', LONG, async () => {
    const task = world.shareTask(0);
    const forged = task.value.seedParts.map((part, index) => (index === 7 ? Buffer.alloc(32, 1) : part));
    await expect(world.perform(first, { ...task, value: { ...task.value, seedParts: forged } })).rejects.toMatchObject(
      code('SHARE_INVALID', { from: 's07' }),
    );
    const fewer = { ...task.value, adverts: task.value.adverts.slice(0, 15), seedParts: task.value.seedParts.slice(0, 15) };
    await expect(world.perform(first, { ...task, value: fewer })).rejects.toMatchObject(code('SEAT_USED'));
    expect(coordinator.said.has(`share ${first}`)).toBe(false);
  });

  it('is another one in another block', async () => {
    const before = world.graphSeed(0);
    expect(before).toHaveLength(32);
    expect(world.graphSeed(1)).not.toEqual(before);
  });
});

describe('shares and masks in the graph', () => {
  it('go to neighbours only', LONG, async () => {
    const task = world.shareTask(0);
    await world.everywhere(() => task);
    const graph = world.graph(0);
    for (const name of NAMES) {
      const holders = graph.holdersOf(name as SiteName);
      const { boxes } = coordinator.word<ShareRequest>('share', name);
      expect([...boxes.map(({ to }) => to), name].sort()).toEqual([...holders].sort());
    }
    const held = world.holdTask(0);
    await world.everywhere(() => held);
    const row = world.at(first).state.database.prepare('SELECT shares FROM study_share WHERE seat = 0').get();
    const dealers = [...unpackSeat(row?.['shares'] as Uint8Array).keys()];
    expect(dealers.sort()).toEqual(NAMES.filter((name) => graph.holdersOf(name as SiteName).includes(first as SiteName)));
  });

  it('give the exact sum when sites drop out, from the shares of their neighbours', LONG, async () => {
    const missing = scattered(3);
    expect(missing).toHaveLength(3);
    const contributors = NAMES.filter((name) => !missing.includes(name));
    const attempt = world.attempt(1, 0, { contributors });
    const task = await world.round(attempt);
    // Those who dropped out take the step as well.
    await world.everywhere(() => task, missing);
    const graph = world.graph(0);
    for (const name of contributors)
      for (const { site } of coordinator.word<UnmaskRequest>('unmask', name).dropped)
        expect(graph.holdersOf(site as SiteName)).toContain(name);
    expect(new Set(NAMES.map((name) => world.digestOf(name, 1))).size).toBe(1);
    const lanes = (name: string, file: string) =>
      (JSON.parse(readFileSync(join(world.at(name).root, 'state', 'shadow', world.hash, file), 'utf8')) as { lanes: number[] }).lanes;
    const packed = contributors.map((name) => lanes(name, '1-0.json'));
    expect(lanes(first, '1-0.sum.json')).toEqual(packed[0]?.map((_, lane) => packed.reduce((total, each) => total + (each[lane] ?? 0), 0)));
  });

  it('are signed for by nobody where the list leaves a site’s whole neighbourhood out', LONG, async () => {
    const graph = world.graph(0);
    const lonely = NAMES.at(-1) as SiteName;
    const missing = graph.holdersOf(lonely).filter((name) => name !== lonely);
    const contributors = NAMES.filter((name) => !missing.includes(name as SiteName));
    expect(contributors.length).toBe(10);
    const all = world.attempt(2, 0, { seat: 1 });
    await world.everywhere(() => world.contributeTask(all), contributors);
    await expect(world.perform(lonely, world.signListTask({ ...all, contributors }))).rejects.toThrow(/no longer hold the sum together/);
  });
});
