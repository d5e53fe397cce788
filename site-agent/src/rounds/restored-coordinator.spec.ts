import type { ShareRequest } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';

// n = 4: one site may be missing.
const world = new StudyWorld(studyYaml(['a', 'b', 'c', 'd'], { rounds: 2 }));
const { coordinator } = world;
const code = (wanted: string) => ({ refusal: { code: wanted } });
const done = world.attempt(1, 0);

beforeAll(async () => {
  await world.start();
  await world.makeKeys();
  await world.openBlock(0, 4);
  await world.round(done);
});
afterAll(() => world.stop());

/** The database is that of yesterday: what it asks, it has had once. */
describe('a coordinator that was restored from a backup', () => {
  it('gets no seats of a block again of which one was used, and no shares of it', async () => {
    await expect(world.perform('a', world.advertiseTask(0, 4))).rejects.toMatchObject(code('SEAT_USED'));
    const before = coordinator.word<ShareRequest>('share', 'a');
    await expect(world.perform('a', world.shareTask(0))).rejects.toMatchObject(code('SEAT_USED'));
    await expect(world.perform('a', world.holdTask(0, world.names, ['a', 'b', 'c']))).rejects.toMatchObject(code('SEAT_USED'));
    expect(coordinator.word<ShareRequest>('share', 'a')).toBe(before);
  });

  it('gets no second contribution to an attempt that was made: the same bytes, or none', async () => {
    const { sha256 } = world.uploadOf('a', done);
    const streams = coordinator.streams;
    await world.perform('a', world.contributeTask(done));
    expect(world.uploadOf('a', done).sha256).toBe(sha256);
    await expect(world.perform('a', world.contributeTask({ ...done, seat: 1 }))).rejects.toMatchObject(code('SEAT_USED'));
    expect(coordinator.streams).toBe(streams);
  });

  it('gets no signature for another list or another U2 of that attempt', async () => {
    const fewer = world.signListTask({ ...done, contributors: ['a', 'b', 'c'] });
    await expect(world.perform('a', fewer)).rejects.toThrow(/another list of contributors/);
    await world.everywhere(() => world.contributeTask(world.attempt(2, 0, { seat: 1 })));
    const second = world.attempt(2, 0, { seat: 1, contributors: ['a', 'b', 'c'] });
    const list = world.signListTask(second);
    await world.everywhere(() => list);
    const sameListOtherView = world.signListTask({ ...second, participants: ['a', 'b', 'c'] });
    await expect(world.perform('a', sameListOtherView)).rejects.toThrow(/another list of contributors/);
  });

  it('gets no contribution to another attempt of a round that is done, and so no share', async () => {
    const again = world.attempt(1, 1, { seat: 2 });
    for (const name of world.names)
      await expect(world.perform(name, world.contributeTask(again))).rejects.toMatchObject({ code: 'OUT_OF_STEP' });
  });
});
