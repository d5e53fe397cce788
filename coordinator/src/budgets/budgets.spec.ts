import { verifyLedger } from '@consilium/ledger';
import { SiteName } from '@consilium/protocol';
import type { OpenResponse, Tightening, TighteningAnswer } from '@consilium/protocol/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNTANT, POPULATION, readKey, rounds, SITE, STUDY, type World } from '../../../libs/ledger/test/world.js';
import { LEDGER, MirroredLedger, OTHER } from '../../test/mirrored-ledger.js';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { inviteSite, type Database } from '../storage/index.js';
import { BudgetBook, LooseningDesk, Tightenings, type BudgetView } from './index.js';

const KEY = LEDGER;
const DAY_MS = 86_400_000;

interface Line {
  readonly entry: {
    readonly kind: string;
    readonly at: string;
    readonly after?: { readonly training: { readonly held: string[]; readonly spent: string[] } };
  };
}

describe('the budgets of the sites', () => {
  let db: Database;
  let close: () => Promise<void>;
  let site: MirroredLedger;
  let world: World;

  beforeAll(async () => {
    ({ db, close } = await temporaryDatabase());
    await inviteSite(db, SITE, new Date());
  });
  afterAll(() => close());
  beforeEach(async () => {
    site = await MirroredLedger.empty(db);
    ({ world } = site);
  });

  const now = () => site.now;
  const tightenings = () => new Tightenings({ db, mirror: site.mirror, now });
  const book = () => new BudgetBook({ db, mirror: site.mirror, tightenings: tightenings(), now });

  /** What the file alone says, computed anew: none of the code of the view. */
  function recomputed(budget: BudgetView) {
    const lines = world
      .file()
      .toString('utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Line);
    const { delta } = budget;
    const orders = [3, 4];
    const loss = (order: number) => -Math.log((order - 1) / order) * -1 - (Math.log(delta / 2) + Math.log(order)) / (order - 1);
    const limitAt = (index: number) => (lines.slice(0, index + 1).some(({ entry }) => entry.kind === 'limit') ? 5.5 : 6);
    const used = (sums: string[], limit: number) => {
      if (sums.every((sum) => Number(sum) === 0)) return 0;
      const parts = orders.map((order, k) => ({ share: Number(sums[k]) / (limit - loss(order)), epsilon: loss(order) + Number(sums[k]) }));
      return parts.reduce((least, one) => (one.share < least.share ? one : least)).epsilon;
    };
    let after = { held: ['0', '0'], spent: ['0', '0'] };
    return lines.flatMap(({ entry }, index) => {
      if (!['create', 'limit'].includes(entry.kind) && entry.after === undefined) return [];
      after = entry.after?.training ?? after;
      const limit = limitAt(index);
      return [{ at: entry.at, entry: index, limit, held: used(after.held, limit), spent: used(after.spent, limit) }];
    });
  }

  it('equal what anybody computes from the ledger file, spending rounded up and what is left rounded down', async () => {
    await site.busyMonth();
    const [budget] = await book().list();
    const points = recomputed(budget!);
    const last = points.at(-1)!;
    const up = (value: number) => (Math.ceil(value * 1e4 - 1e-7) / 1e4).toFixed(4);
    expect(budget).toMatchObject({
      ...KEY,
      limit: { value: '5.5000', rounding: 'exact' },
      spent: { value: up(last.spent), rounding: 'up' },
      left: { value: (Math.floor((5.5 - last.held) * 1e4 + 1e-7) / 1e4).toFixed(4), rounding: 'down' },
      reserved: { value: (Number(up(last.held)) - Number(up(last.spent))).toFixed(4) },
      frozen: false,
      verified: true,
      source: 'mirror',
      unit: 'patient',
    });
    expect(budget!.history).toEqual(
      points.map(({ at, entry, limit, held, spent }) => ({
        at,
        entry,
        limit: limit.toFixed(4),
        spent: up(spent),
        reserved: (Number(up(held)) - Number(up(spent))).toFixed(4),
        left: (Math.floor((limit - held) * 1e4 + 1e-7) / 1e4).toFixed(4),
      })),
    );
    expect(budget!.history).toHaveLength(14);
    expect(verifyLedger(world.file(), { keysOf: world.keysOf, readKey, accountant: ACCOUNTANT })).toMatchObject({ ok: true });
  });

  it('price each study by itself at the order that suits it best', async () => {
    await site.busyMonth();
    const { studies, delta } = await book().view(KEY);
    // Of the Gaussian mechanism with deviation 20: α/(2·20²) a round; the grid of this ledger has four orders.
    const best = (count: number) =>
      Math.min(
        ...[2, 4, 8, 16].map((order) => (count * order) / 800 + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1)),
      );
    const up = (value: number) => (Math.ceil(value * 1e4) / 1e4).toFixed(4);
    expect(studies).toMatchObject([
      {
        hash: STUDY,
        epsilon: { value: up(best(20)), rounding: 'up' },
        spent: { value: up(best(10)) },
        rounds: { spent: 10, reserved: 10 },
      },
      { hash: OTHER, epsilon: { value: up(best(5)) }, spent: { value: '0.0000' }, rounds: { spent: 0, reserved: 5 } },
    ]);
  });

  it('say when a budget ends if it goes on so, and nothing before there is a rate', async () => {
    const ledger = await site.busyMonth();
    const { history, projectedExhaustion } = await book().view(KEY);
    const held = ({ reserved, spent }: (typeof history)[number]) => Number(reserved) + Number(spent);
    const [first, last] = [history.find((point) => held(point) > 0)!, history.at(-1)!];
    const perDay = (held(last) - held(first)) / ((now().getTime() - Date.parse(first.at)) / DAY_MS);
    const days = (Date.parse(projectedExhaustion!) - now().getTime()) / DAY_MS;
    expect(Math.abs(days - Number(last.left) / perDay)).toBeLessThan(1.01);
    await ledger.giveBack(OTHER, [{ purpose: 'training', rounds: rounds(0, 5) }]);
    await ledger.publish();
    expect((await book().view(KEY)).projectedExhaustion).toBeNull();
  });

  it('are asked of the mirror once, and then only for what is new', async () => {
    const ledger = await site.busyMonth();
    const one = book();
    const before = await one.view(KEY);
    await ledger.decide({ kind: 'freeze' }, world.officer);
    await ledger.giveBack(OTHER, [{ purpose: 'training', rounds: [4] }]);
    await ledger.publish();
    const after = await one.view(KEY);
    expect(after).toMatchObject({ frozen: true, frozenBy: 'officer dpo', entries: before.entries + 2 });
    expect(after).toEqual(await book().view(KEY));
  });

  describe('tightened from the console', () => {
    let sent: Tightening[];
    let desk: Tightenings;
    beforeEach(async () => {
      await site.busyMonth();
      sent = [];
      desk = tightenings();
      desk.sendThrough((_, { body }: OpenResponse) => void (body?.$case === 'tightening' && sent.push(body.value)));
    });
    const answer = (over: Partial<TighteningAnswer>): TighteningAnswer => ({
      population: POPULATION,
      request: 1,
      entered: true,
      refused: '',
      last: 1,
      ...over,
    });

    it('are a request with a number and a name, kept until the site has answered', async () => {
      expect(await desk.tighten(KEY, '4.5', 'Dr. Zoë Müller')).toMatchObject({ request: 1, state: 'waiting', by: 'Dr.-Zoe-Muller' });
      const change = { $case: 'epsilonLimit', value: '4.5' };
      expect(sent).toEqual([{ population: POPULATION, request: 1, by: 'Dr.-Zoe-Muller', change }]);
      // A site that was away, and a coordinator that was restarted.
      const restarted = tightenings();
      restarted.sendThrough((_, { body }) => void (body?.$case === 'tightening' && sent.push(body.value)));
      await restarted.opened(SITE);
      expect(sent).toHaveLength(2);
      expect(sent[1]).toEqual(sent[0]);
      const told: string[] = [];
      restarted.onAnswered(({ state }) => told.push(state));
      await restarted.take(SITE, answer({}));
      await restarted.take(SITE, answer({}));
      expect(told).toEqual(['entered']);
      await restarted.opened(SITE);
      expect(sent).toHaveLength(2);
      expect((await book().view(KEY)).requests).toMatchObject([{ request: 1, state: 'entered' }]);
    });

    it('only get lower: neither a higher limit, nor one above what waits, nor one that admits nothing', async () => {
      for (const limit of ['5.5', '6']) await expect(desk.tighten(KEY, limit, 'ada')).rejects.toMatchObject({ code: 'NOT_TIGHTER' });
      await desk.tighten(KEY, '4.5', 'ada');
      await expect(desk.tighten(KEY, '4.6', 'ada')).rejects.toMatchObject({ code: 'NOT_TIGHTER' });
      await expect(desk.tighten(KEY, '0.1', 'ada')).rejects.toMatchObject({ code: 'BUDGET_LIMIT' });
      const elsewhere = { site: SiteName.parse('elsewhere'), population: POPULATION };
      await expect(desk.tighten(elsewhere, '1', 'ada')).rejects.toMatchObject({ code: 'LEDGER_UNKNOWN' });
      expect(sent).toHaveLength(1);
    });

    it('freeze once, however often one clicks while the site is away', async () => {
      const first = await desk.freeze(KEY, 'ada');
      expect(await desk.freeze(KEY, 'ada')).toEqual(first);
      expect(sent).toHaveLength(1);
    });

    it('take the number that the site says is free, a few times and no more', async () => {
      await desk.freeze(KEY, 'ada');
      await desk.take(SITE, answer({ entered: false, refused: 'out-of-turn', last: 7 }));
      expect(sent.map(({ request }) => request)).toEqual([1, 8]);
      for (const request of [8, 9, 10, 11])
        await desk.take(SITE, answer({ request, entered: false, refused: 'out-of-turn', last: request }));
      expect(sent.map(({ request }) => request)).toEqual([1, 8, 9, 10]);
      expect(await desk.list(KEY)).toMatchObject([{ request: 10, state: 'refused' }]);
    });

    it('believe no answer of another site, and none to what was never asked', async () => {
      await desk.freeze(KEY, 'ada');
      await desk.take(SiteName.parse('elsewhere'), answer({}));
      await desk.take(SITE, answer({ request: 5 }));
      await desk.take(SITE, answer({ population: '../heart' }));
      expect(await desk.list(KEY)).toMatchObject([{ request: 1, state: 'waiting' }]);
    });

    it('number on from what the ledger has, where this database is older', async () => {
      await world.ledger!.decide({ kind: 'limit', epsilonMax: 5.4 }, { role: 'coordinator', name: 'ada', request: 41 });
      await world.ledger!.publish();
      expect(await desk.freeze(KEY, 'ada')).toMatchObject({ request: 42 });
    });

    it('are loosened by nobody here: a wish is kept and told, and nothing goes to the site', async () => {
      const loosening = new LooseningDesk({ db, mirror: site.mirror, now });
      const told: unknown[] = [];
      loosening.onAsked((wish) => told.push(wish));
      const wish = await loosening.ask(KEY, { epsilonLimit: '9', reason: 'a second study', by: 'ada' });
      expect(told).toEqual([wish]);
      expect(sent).toEqual([]);
      expect(await book().view(KEY)).toMatchObject({
        limit: { value: '5.5000' },
        looseningRequests: [{ epsilonLimit: '9', reason: 'a second study', by: 'ada' }],
      });
    });
  });
});
