import { SiteName } from '@consilium/protocol';
import type { MirrorTail } from '@consilium/ledger';
import { shownBudget } from '@consilium/privacy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COHORT, CONSORTIUM, gaussian, POPULATION, rounds, SITE, STUDY, World } from '../../../libs/ledger/test/world.js';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { inviteSite, type Database } from '../storage/index.js';
import { LedgerMirror } from './ledger-mirror.js';
import { LedgerView } from './ledger-view.js';
import { ledgerView } from './view-ledger.js';

const KEY = { site: SITE, population: POPULATION };

describe('the mirror of a ledger', () => {
  const world = new World();
  const sent: MirrorTail[] = [];
  const counted: [string, number][] = [];
  const lags: [string, number][] = [];
  let db: Database;
  let close: () => Promise<void>;
  const open = () =>
    new LedgerMirror({
      db,
      consortium: CONSORTIUM,
      keys: () => Promise.resolve(new Map([SITE, ...world.names].map((site) => [site, world.keysOf(site)]))),
      counted: (...result) => counted.push(result),
      lagged: (...lag) => lags.push(lag),
      now: () => new Date(),
    });
  const store = (tail: MirrorTail, mirror = open()) => mirror.store(SITE, { population: POPULATION, ...tail });

  beforeAll(async () => {
    ({ db, close } = await temporaryDatabase());
    await inviteSite(db, SITE, new Date());
    await inviteSite(db, SiteName.parse('elsewhere'), new Date());
    // A site's ledger, with the mirror in between.
    const { store: inner } = world.mirrorLink;
    Object.assign(world.mirrorLink, { store: (tail: MirrorTail, signal: AbortSignal) => (sent.push(tail), inner(tail, signal)) });
    const ledger = await world.approved();
    const items = [{ purpose: 'training' as const, event: gaussian(20), rounds: rounds(0, 10) }];
    const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items });
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
    await ledger.publish();
  }, 60_000);
  afterAll(() => close());

  const last = () => sent.at(-1) as MirrorTail;

  it('says how far it reaches where a site sends what comes later', async () => {
    expect(sent.length).toBeGreaterThan(1);
    expect(await store(last())).toBe(0);
    expect(await open().list()).toEqual([]);
  });

  it('keeps what continues, in its tables, and gives it back byte for byte', async () => {
    for (const tail of sent) await store(tail);
    const lines = Buffer.concat(world.mirror.lines.flatMap((line) => [line, Buffer.from('\n')]));
    expect(await open().file(KEY)).toEqual(lines);
    expect((await open().tail(KEY, 1)).lines.map(String)).toEqual(world.mirror.lines.slice(1).map((line) => Buffer.from(line).toString()));
    expect(await open().checkpoint(KEY)).toBe(last().checkpoint);
    expect(lags).toHaveLength(sent.length);
    expect(lags.every(([site, seconds]) => site === SITE && seconds >= 0)).toBe(true);
    expect(await store(last())).toBe(world.mirror.lines.length);
    // What it holds already tells nothing about how long anything took.
    expect(lags).toHaveLength(sent.length);
    expect(counted.reduce((sum, [, entries]) => sum + entries, 0)).toBe(world.mirror.lines.length);
  });

  it('shows the budget as the site does', async () => {
    const [ledger] = await open().list();
    const view = ledgerView(ledger!);
    expect(view).toMatchObject({ site: SITE, population: POPULATION, size: world.mirror.lines.length, epsilonLimit: 6, studies: 1 });
    // Ten rounds held, one spent; percentages are rounded up.
    expect(Math.round(view.held.percentUsed / view.spent.percentUsed)).toBeGreaterThanOrEqual(9);
    expect(view.headWords.split(' ')).toHaveLength(8);
    // What a study is planned against is that budget, not a rounded picture of it.
    const { charges, delta, orders } = LedgerView.parse(view);
    expect(shownBudget({ delta, orders, epsilonMax: 6 }, [charges.training, charges.evaluation])).toEqual(view.held);
  });

  it('takes nothing that was changed, that another site sends, or that leads to another root', async () => {
    const tail = last();
    const changed = {
      ...tail,
      from: 0,
      lines: world.mirror.lines.map((line) => Buffer.from(Buffer.from(line).toString().replace('dpo', 'dpx'))),
    };
    const before = await open().file(KEY);
    await db.deleteFrom('ledger_line').where('index', '>', 0).execute();
    await expect(store({ ...changed, lines: changed.lines })).rejects.toMatchObject({ code: 'LEDGER_REFUSED' });
    await expect(
      open().store(SiteName.parse('elsewhere'), { population: POPULATION, ...tail, from: 0, lines: world.mirror.lines }),
    ).rejects.toMatchObject({ code: 'LEDGER_REFUSED' });
    await expect(store({ ...tail, from: 0, lines: world.mirror.lines.slice(0, -1) })).rejects.toMatchObject({ code: 'LEDGER_REFUSED' });
    expect(counted.at(-1)?.[0]).toBe('refused');
    // A mirror that was restored from a backup gets the rest again.
    const mirror = open();
    expect(await store(tail, mirror)).toBe(1);
    await store({ ...tail, from: 1, lines: world.mirror.lines.slice(1) }, mirror);
    expect(await mirror.file(KEY)).toEqual(before);
  });

  it('keeps a cosigned checkpoint over one that only the site has signed', async () => {
    const { checkpoint } = last();
    const bare = checkpoint
      .split('\n')
      .filter((line) => !line.startsWith('— ') || line.includes(`${CONSORTIUM}/${SITE}/`))
      .join('\n');
    await store({ ...last(), checkpoint: bare });
    expect(await open().checkpoint(KEY)).toBe(checkpoint);
  });
});
