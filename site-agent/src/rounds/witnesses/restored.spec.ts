import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { thresholds } from '@consilium/protocol';
import type { SignListRequest } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../../test/study-world.js';
import { witnessesNeeded } from './witnesses.js';

const world = new StudyWorld(studyYaml(['a', 'b', 'c', 'd'], { rounds: 3 }));
const second = world.attempt(2, 0, { seat: 1 });
const others = ['b', 'c', 'd'];
const restored = { refusal: { code: 'STATE_RESTORED' } };

/** A copy of the state of `a`, taken when it had uploaded to round 2 and signed nothing more. */
const image = (root: string) => join(root, 'image');
/** With modes, which `cpSync` does not keep of directories. */
const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);
const restoreImage = (root: string) => {
  rmSync(join(root, 'state'), { recursive: true });
  copy(image(root), join(root, 'state'));
};
const seatsOf = (name: string) => world.at(name).state.database.prepare('SELECT block, seat FROM study_seat').all();

beforeAll(async () => {
  await world.start();
  await world.makeKeys();
  await world.openBlock(0, 4);
  await world.round(world.attempt(1, 0));
  await world.everywhere(() => world.contributeTask(second));
  await world.restart('a', (root) => copy(join(root, 'state'), image(root)));
});
afterAll(() => world.stop());

/** Each test goes on where the one before stopped. */
describe('a site whose disk was restored', () => {
  let lastWord: SignListRequest;
  let sum: ReturnType<typeof world.applyTask>;

  it('would sign a second list if nobody remembered the first', async () => {
    sum = world.applyTask(second, await world.close(second));
    await world.everywhere(() => sum);
    lastWord = world.coordinator.word<SignListRequest>('signList', 'a');
    await world.restart('a', restoreImage);
    const memory = others.map((name) => {
      const { database } = world.at(name).state;
      const rows = database.prepare("SELECT round, attempt, step FROM study_heard WHERE site = 'a'").get();
      database.exec("UPDATE study_heard SET round = NULL, attempt = NULL, step = NULL WHERE site = 'a'");
      return { database, rows };
    });
    await world.perform('a', world.signListTask({ ...second, contributors: ['a', 'b', 'c'] }));
    expect(world.coordinator.word<SignListRequest>('signList', 'a').signature).not.toEqual(lastWord.signature);
    for (const { database, rows } of memory)
      database
        .prepare("UPDATE study_heard SET round = ?, attempt = ?, step = ? WHERE site = 'a'")
        .run(Number(rows?.['round']), Number(rows?.['attempt']), Number(rows?.['step']));
  });

  it('waits for the word of all others at n = 4, and says for whom', async () => {
    world.patienceMs = 300;
    world.silent.add('d');
    await world.restart('a', restoreImage);
    const missing = { refusal: { code: 'WITNESSES', fields: { missing: 'd' } } };
    await expect(world.perform('a', world.signListTask(second))).rejects.toMatchObject(missing);
    world.silent.clear();
  });

  it('takes no answer to another question, and none that its witness did not sign', async () => {
    for (const distorted of [{ nonce: Buffer.alloc(32) }, { last: undefined }, { announced: 0 }, { site: 'c' }]) {
      world.distort = (answer) => (answer.site === 'b' ? { ...answer, ...distorted } : answer);
      await world.restart('a', restoreImage);
      await expect(world.perform('a', world.signListTask(second))).rejects.toMatchObject({
        refusal: { code: 'WITNESSES', fields: { missing: 'b' } },
      });
    }
    world.distort = (answer) => answer;
    world.patienceMs = 5_000;
  });

  it('signs and releases nothing of the rounds that were announced, and discards its seats', async () => {
    await world.restart('a', restoreImage);
    expect(seatsOf('a')).toHaveLength(3);
    await expect(world.perform('a', world.signListTask({ ...second, contributors: ['a', 'b', 'c'] }))).rejects.toMatchObject(restored);
    await expect(world.perform('a', world.signListTask(second))).rejects.toMatchObject(restored);
    await expect(world.perform('a', world.contributeTask(world.attempt(2, 1, { seat: 2 })))).rejects.toMatchObject(restored);
    await expect(world.perform('a', world.unmaskTask(second, others))).rejects.toMatchObject(restored);
    expect(seatsOf('a')).toEqual([]);
  });

  it('applies what the others made, and takes part again from a new block', async () => {
    await world.perform('a', sum);
    expect(world.digestOf('a', 2)).toBe(world.digestOf('b', 2));
    await expect(world.perform('a', world.contributeTask(world.attempt(3, 0, { seat: 2 })))).rejects.toMatchObject(restored);
    await world.openBlock(1, 2);
    await world.round(world.attempt(3, 0, { block: 1, seat: 0 }));
    expect(world.digestOf('a', 3)).toBe(world.digestOf('b', 3));
  });

  it('is not found restored again when it starts anew with what it knows', async () => {
    await world.restart('a');
    await world.perform('a', world.signListTask(world.attempt(3, 0, { block: 1, seat: 0 })));
    expect(seatsOf('a')).toEqual([expect.objectContaining({ block: 1, seat: 1 })]);
  });
});

describe('witnesses', () => {
  it('are more than half of the others and the colluders together', () => {
    for (let n = 3; n <= 150; n++) {
      const limits = thresholds(n);
      const w = witnessesNeeded(limits);
      expect(2 * w).toBeGreaterThan(n - 1 + limits.c);
      expect(2 * (w - 1)).toBeLessThanOrEqual(n - 1 + limits.c);
    }
    expect([3, 4, 5].map((n) => witnessesNeeded(thresholds(n)))).toEqual([2, 3, 3]);
  });
});
