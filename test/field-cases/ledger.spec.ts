import { cpSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { identitySigner } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeLedger } from '../../site-agent/src/cli/describe-ledger.js';
import { BudgetDesk, WitnessCalls } from '../../site-agent/src/ledger/index.js';
import { openState } from '../../site-agent/src/state/index.js';
import { BudgetWorld } from '../support/budget-world.js';

const TERMS = { sampling: 1, rounds: 40, publicSize: 40 };

let world: BudgetWorld;
beforeEach(async () => {
  world = new BudgetWorld(TERMS);
  await world.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.stop();
});

const shown = async (of = world) => describeLedger(await of.read(), undefined).data;
/** But for the times at which people decided. */
const figures = async (of = world) => JSON.stringify(await shown(of), (key, value: unknown) => (key === 'at' ? undefined : value));
/** What a refusal says to the console, and the sentence that stays at the site. */
const rolledBack = (known: number) => ({ code: 'LEDGER_ROLLED_BACK', refusal: { fields: { population: 'heart', known: String(known) } } });

describe('PRV-4 (a): looking at a budget', () => {
  it('1,000 times between two rounds changes epsilon in no digit', async () => {
    const unseen = new BudgetWorld(TERMS);
    await unseen.start();
    try {
      for (const round of [1, 2]) await unseen.pay(round);
      await world.pay(1);
      const before = JSON.stringify(await shown());
      for (let look = 0; look < 1_000; look += 1) expect(JSON.stringify(await shown())).toBe(before);
      await world.pay(2);
      // All that is shown, as the digits in which it is shown; the studies are one and the same.
      expect(await figures()).toBe(await figures(unseen));
      expect((await shown())['spent']).not.toEqual((JSON.parse(before) as Record<string, unknown>)['spent']);
    } finally {
      await unseen.stop();
    }
  });

  it('shows the same when the clock was set back a year', async () => {
    await world.pay(1);
    const before = await shown();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 365 * 86_400_000 });
    await world.restart('a');
    expect(await shown()).toEqual(before);
    await world.pay(2);
    expect(world.entries('spend').map(({ round }) => round)).toEqual([1, 2]);
  });
});

describe('PRV-4 (b): an agent that is killed', () => {
  beforeEach(async () => {
    await world.makeKeys();
    await world.openBlock(0, 4);
  });

  const contribute = () => world.perform('a', world.contributeTask(world.attempt(1, 0)));

  it('between reserving and training has reserved: nothing is lost, and nothing is taken twice', async () => {
    vi.spyOn(world.at('a').site.workbench, 'run').mockRejectedValueOnce(new Error('the process ends here'));
    await expect(contribute()).rejects.toThrow('the process ends here');
    const before = await shown();
    await world.kill();
    expect(before['studies']).toMatchObject([{ spent: 0, reserved: 40 }]);
    expect(await shown()).toEqual(before);
    await contribute();
    const after = await shown();
    expect(after['studies']).toMatchObject([{ spent: 1, reserved: 39 }]);
    // Held is what was reserved: the round that was asked for again costs what it cost.
    expect(after['held']).toEqual(before['held']);
    expect(world.entries('reserve')).toHaveLength(1);
  });

  it('between training and spending pays once, for the same integers, before the first byte leaves', async () => {
    vi.spyOn(world.at('a').budgets, 'spend').mockRejectedValueOnce(new Error('the process ends here'));
    await expect(contribute()).rejects.toThrow('the process ends here');
    expect(world.coordinator.streams).toBe(0);
    const drawn = readFileSync(join(world.folderOf('a'), 'round-1.lanes'));
    const before = await shown();
    await world.kill();
    expect(before['studies']).toMatchObject([{ spent: 0, reserved: 40 }]);
    expect(await shown()).toEqual(before);
    await contribute();
    await world.kill();
    await contribute();
    expect(readFileSync(join(world.folderOf('a'), 'round-1.lanes'))).toEqual(drawn);
    expect((await shown())['studies']).toMatchObject([{ spent: 1, reserved: 39 }]);
    expect((await shown())['held']).toEqual(before['held']);
    expect([world.entries('reserve').length, world.entries('spend').length]).toEqual([1, 1]);
  });
});

describe("PRV-4 (c): yesterday's copy of a ledger", () => {
  it('is recognised: no round over its population, and the refusal names the entries that the file lacks', async () => {
    await world.pay(1);
    const { ledgers } = world.at('a').state.layout;
    const copy = join(world.at('a').root, 'yesterday');
    await world.restart('a', () => cpSync(ledgers, copy, { recursive: true }));
    const then = (await world.read()).size;
    for (const round of [2, 3]) await world.pay(round);
    await world.mirrored();
    const [now, newest] = [(await world.read()).size, readFileSync(world.ledgerFile)];
    await world.restart('a', () => {
      rmSync(ledgers, { recursive: true });
      cpSync(copy, ledgers, { recursive: true });
    });

    world.coordinator.mirrorDown = true;
    const lacks = `lacks entries ${then} to ${now - 1}, which others have seen`;
    await expect(world.pay(4)).rejects.toMatchObject({ ...rolledBack(now), message: expect.stringContaining(lacks) as string });
    await expect(world.pay(4)).rejects.toMatchObject(rolledBack(now));
    expect((await world.read()).size).toBe(then);

    world.coordinator.mirrorDown = false;
    const back = `entries ${then} to ${now - 1} were not in the file; they came back from the mirror`;
    await expect(world.pay(4)).rejects.toMatchObject({ ...rolledBack(now), cause: { message: expect.stringContaining(back) as string } });
    expect(readFileSync(world.ledgerFile).subarray(0, newest.length)).toEqual(newest);
    await world.pay(4);
    expect(world.entries('spend').map(({ round }) => round)).toEqual([1, 2, 3, 4]);
  });
});

describe('PRV-4 (d): a ledger that was deleted', () => {
  it('is missed: the budget does not begin anew, and the refusal names all of its entries', async () => {
    for (const round of [1, 2]) await world.pay(round);
    const { ledgers } = world.at('a').state.layout;
    await world.mirrored();
    const [size, whole, before] = [(await world.read()).size, readFileSync(world.ledgerFile), await shown()];
    await world.restart('a', () => rmSync(ledgers, { recursive: true }));

    world.coordinator.mirrorDown = true;
    const lacks = `lacks entries 0 to ${size - 1}, which others have seen`;
    await expect(world.pay(3)).rejects.toMatchObject({ ...rolledBack(size), message: expect.stringContaining(lacks) as string });

    world.coordinator.mirrorDown = false;
    const back = `entries 0 to ${size - 1} were not in the file; they came back from the mirror`;
    await expect(world.pay(3)).rejects.toMatchObject({ ...rolledBack(size), cause: { message: expect.stringContaining(back) as string } });
    expect(readFileSync(world.ledgerFile).subarray(0, whole.length)).toEqual(whole);
    expect((await shown())['spent']).toEqual(before['spent']);
    await world.pay(3);
    expect((await shown())['studies']).toMatchObject([{ spent: 3, reserved: 37 }]);
  });
});

describe('PRV-4 (e): a second agent on the same directory', () => {
  it('is refused, first by the directory and then by the ledger itself', async () => {
    await world.pay(1);
    const { site, state, root, config, keys } = world.at('a');
    const directory = join(root, 'state');
    const first = openState(directory, { exclusive: true });
    expect(() => openState(directory, { exclusive: true })).toThrow(expect.objectContaining({ code: 'STATE_IN_USE' }));
    first.close();

    const member = { consortium: site.consortium, name: SiteName.parse('a'), state, signer: identitySigner(keys.identityKey) };
    const { connection } = site;
    const desk = { ...member, config, connection, calls: new WitnessCalls(), warn: () => undefined, timeoutMs: 100 };
    const second = new BudgetDesk(desk);
    const before = readFileSync(world.ledgerFile);
    await expect(second.reserve(world, 2)).rejects.toMatchObject({
      code: 'STATE_IN_USE',
      message: 'Another process writes the ledger of population heart.',
    });
    await second.close();
    expect(readFileSync(world.ledgerFile)).toEqual(before);
    await world.pay(2);
  });
});

describe('PRV-4 (f): a ledger whose last line was cut in half', () => {
  /** Half of the last line is all that reached the disk. */
  function cutInHalf(): void {
    const bytes = readFileSync(world.ledgerFile);
    const start = bytes.lastIndexOf('\n', -2) + 1;
    truncateSync(world.ledgerFile, start + Math.floor((bytes.length - start) / 2));
  }

  it('is recovered, with a note, where nobody else has seen the line: no byte of its round has left', async () => {
    await world.pay(1);
    await world.restart('a');
    // The power fails while round 2 is marked as spent: no other site and no mirror has heard of it.
    const { budgets } = world.at('a');
    const reserved = await budgets.reserve(world, 2);
    world.coordinator.mirrorDown = true;
    for (const site of ['b', 'c']) world.lostWitnesses.add(site);
    await budgets.spend(world, reserved, { round: 2, attempt: 0 });
    await world.restart('a', cutInHalf);
    world.coordinator.mirrorDown = false;
    world.lostWitnesses.clear();

    await world.pay(2);
    expect(world.entries('note')).toMatchObject([{ about: 'torn-line-dropped', entries: 1 }]);
    expect(world.entries('spend').map(({ round }) => round)).toEqual([1, 2]);
    expect((await shown())['studies']).toMatchObject([{ spent: 2, reserved: 38 }]);
  });

  it('gets the line back, with a note, where others have seen it: what was spent is spent', async () => {
    for (const round of [1, 2]) await world.pay(round);
    await world.mirrored();
    await world.restart('a', cutInHalf);
    await expect(world.pay(3)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' });
    await world.pay(3);
    expect(world.entries('note')).toMatchObject([{ about: 'tail-fetched', entries: 1 }]);
    expect(world.entries('spend').map(({ round }) => round)).toEqual([1, 2, 3]);
  });
});
