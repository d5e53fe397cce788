import { describe, expect, it } from 'vitest';
import { CohortName, type StudyHash } from '@consilium/protocol';
import { ACCOUNTANT, COHORT, coordinator, gaussian, OFFICER, readKey, rounds, STUDY, studyHash, World } from '../../test/world.js';
import { affordableRounds, isBlockDue, nextBlock } from '../budget/blocks.js';
import { parsePair } from '../budget/sums.js';
import { emptyFold } from '../entries/fold.js';
import { acceptTail } from '../mirror/accept-tail.js';
import { parseCheckpoint } from '../notes/checkpoint.js';
import type { MirrorTail } from './links.js';
import { covers } from './reservation.js';
import type { Ledger } from './ledger.js';

const training = (from: number, count: number, sigma = 20) => [
  { purpose: 'training' as const, event: gaussian(sigma), rounds: rounds(from, count) },
];
const reserve = (ledger: Ledger, from = 0, count = 10, study: StudyHash = STUDY) =>
  ledger.reserve({ study, cohort: COHORT, items: training(from, count) });
const code = (name: string) => expect.objectContaining({ code: name });

describe('a ledger', () => {
  it('reserves a block, spends at upload, and shows both', async () => {
    const world = new World();
    const ledger = await world.approved();
    const reservation = await reserve(ledger);
    expect(covers(reservation, 'training', 9)).toBe(true);
    expect(covers(reservation, 'training', 10)).toBe(false);
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
    const { training: shown, evaluation } = ledger.shown();
    expect(shown.held.percentUsed / shown.spent.percentUsed).toBeCloseTo(10, 5);
    expect(shown.held.epsilonUsed + shown.held.epsilonLeft).toBeCloseTo(6, 12);
    expect(evaluation.held).toEqual({ percentUsed: 0, epsilonUsed: 0, epsilonLeft: 6 });
  });

  it('shows ε_max − B + Σ, and 0 while nothing was reserved', async () => {
    const ledger = await new World().approved();
    expect(ledger.shown().held.epsilonUsed).toBe(0);
    await reserve(ledger);
    const { orders } = ledger.state.terms;
    const price = ACCOUNTANT.price(gaussian(20), orders).deciding.map(Number);
    const budgets = ACCOUNTANT.budgets(ledger.state.terms).map(Number);
    const shares = price.map((each, k) => (10 * each) / budgets[k]!);
    const k = shares[0]! <= shares[1]! ? 0 : 1;
    expect(ledger.shown().held.percentUsed).toBeCloseTo(100 * shares[k]!, 9);
    expect(ledger.shown().held.epsilonUsed).toBeCloseTo(6 - budgets[k]! + 10 * price[k]!, 9);
  });

  it('refuses a block that would overspend, says how far it would go and how many rounds fit, and writes nothing', async () => {
    const world = new World();
    const ledger = await world.approved();
    const before = world.file();
    const [budget] = parsePair(ACCOUNTANT.budgets(ledger.state.terms));
    expect(budget).toBeGreaterThan(0n);
    const dear = { study: STUDY, cohort: COHORT, items: training(0, 50, 1.2) };
    await expect(ledger.reserve(dear)).rejects.toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      fix: expect.stringMatching(/\d+ of them fit now/),
    });
    expect(world.file()).toEqual(before);
    const fits = Number(/\((\d+) of/.exec((await ledger.reserve(dear).catch((error: { fix: string }) => error.fix)) as string)?.[1]);
    await ledger.reserve({ ...dear, items: training(0, fits, 1.2) });
    await expect(ledger.reserve({ ...dear, items: training(fits, 1, 1.2) })).rejects.toEqual(code('BUDGET_EXHAUSTED'));
  });

  it('gives a mirror that was lost everything again, in pieces that fit a message', async () => {
    const world = new World();
    const ledger = await world.approved();
    const event = { kind: 'gaussian', sigma: 500, text: Array.from({ length: 64 }, () => 'x'.repeat(200)) };
    const one = (round: number) => ({ study: STUDY, cohort: COHORT, items: [{ purpose: 'training' as const, event, rounds: [round] }] });
    for (let round = 0; round < 100; round += 1) await ledger.reserve(one(round));
    const all = [...world.mirror.lines];
    world.mirror.lines.length = 0;
    const pieces: number[] = [];
    const { store } = world.mirrorLink;
    Object.assign(world.mirrorLink, {
      store: (tail: MirrorTail, signal: AbortSignal) => {
        pieces.push(tail.lines.reduce((bytes, line) => bytes + line.length, 0));
        expect(parseCheckpoint(tail.checkpoint).size).toBe(tail.from + tail.lines.length);
        return store(tail, signal);
      },
    });
    await ledger.reserve(one(100));
    expect(world.mirror.lines.slice(0, all.length)).toEqual(all);
    expect(world.mirror.lines).toHaveLength(all.length + 1);
    expect(pieces.length).toBeGreaterThan(2);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(2 ** 20);
  });

  it('keeps training and evaluation apart: each must pass, neither pays for the other', async () => {
    const ledger = await new World().approved();
    const both = (from: number, count: number, sigma: number) => ({
      study: STUDY,
      cohort: COHORT,
      items: [...training(from, count, sigma), { purpose: 'evaluation' as const, event: gaussian(50), rounds: [from] }],
    });
    const reservation = await ledger.reserve(both(0, 4, 20));
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training', 'evaluation'] });
    const { training: one, evaluation: other, held } = ledger.shown();
    expect(one.held.percentUsed).toBeGreaterThan(other.held.percentUsed);
    expect(held).toEqual(one.held);
    await expect(ledger.reserve(both(10, 50, 1))).rejects.toEqual(code('BUDGET_EXHAUSTED'));
    expect(ledger.shown().evaluation.held).toEqual(other.held);
  });

  it('reserves once, however often it is asked, and spends once, however many attempts a round takes', async () => {
    const world = new World();
    const ledger = await world.approved();
    const reservation = await reserve(ledger, 0, 10);
    const size = ledger.size;
    await reserve(ledger, 0, 10);
    expect(ledger.size).toBe(size);
    await reserve(ledger, 5, 10);
    expect(ledger.shown().training.held.percentUsed / (await shownOf(reserve, 15))).toBeCloseTo(1, 9);
    await ledger.spend(reservation, { round: 3, attempt: 0, purposes: ['training'] });
    const spent = ledger.shown().training.spent;
    await ledger.spend(reservation, { round: 3, attempt: 1, purposes: ['training'] });
    expect(ledger.shown().training.spent).toEqual(spent);
  });

  it('two cohorts over one population, whatever they are called, share one budget', async () => {
    const world = new World();
    const ledger = await world.approved();
    await reserve(ledger, 0, 50);
    const before = ledger.shown().training.held.percentUsed;
    await ledger.decide({ kind: 'study', action: 'approve', study: studyHash('b'), epsilonLimit: null, until: null }, OFFICER);
    await ledger.reserve({ study: studyHash('b'), cohort: CohortName.parse('heart-renamed'), items: training(0, 50) });
    expect(ledger.shown().training.held.percentUsed).toBeCloseTo(2 * before, 7);
  });

  it('looking a thousand times changes nothing, to the last digit and byte', async () => {
    const world = new World();
    const ledger = await world.approved();
    const reservation = await reserve(ledger);
    const [bytes, shown] = [world.file(), JSON.stringify(ledger.shown())];
    for (let look = 0; look < 1000; look += 1) expect(JSON.stringify(ledger.shown())).toBe(shown);
    expect(world.file()).toEqual(bytes);
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
  });
});

/** Percent after reserving some rounds in a fresh world. */
async function shownOf(reserving: typeof reserve, count: number): Promise<number> {
  const ledger = await new World().approved();
  await reserving(ledger, 0, count);
  return ledger.shown().training.held.percentUsed;
}

describe('what comes back', () => {
  it('is a reserved round in which nothing was uploaded, and nothing else', async () => {
    const ledger = await new World().approved();
    const reservation = await reserve(ledger);
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
    await expect(ledger.giveBack(STUDY, [{ purpose: 'training', rounds: [0] }])).rejects.toEqual(code('LEDGER_REFUSED'));
    await expect(ledger.giveBack(STUDY, [{ purpose: 'training', rounds: [10] }])).rejects.toEqual(code('LEDGER_REFUSED'));
    await ledger.giveBack(STUDY, [{ purpose: 'training', rounds: rounds(1, 9) }]);
    expect(ledger.shown().training.held).toEqual(ledger.shown().training.spent);
    await expect(ledger.spend(reservation, { round: 1, attempt: 0, purposes: ['training'] })).rejects.toEqual(code('LEDGER_REFUSED'));
  });

  it('is not the evaluation of a round whose training was uploaded', async () => {
    const ledger = await new World().approved();
    const items = [...training(0, 2), { purpose: 'evaluation' as const, event: gaussian(50), rounds: [0, 1] }];
    const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items });
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
    await expect(ledger.giveBack(STUDY, [{ purpose: 'evaluation', rounds: [0] }])).rejects.toEqual(code('LEDGER_REFUSED'));
    await ledger.giveBack(STUDY, [{ purpose: 'evaluation', rounds: [1] }]);
  });

  it('is nothing after the site lost its memory: what was reserved counts as spent', async () => {
    const ledger = await new World().approved();
    await reserve(ledger);
    await ledger.writeOff(STUDY, [{ purpose: 'training', rounds: rounds(0, 10) }]);
    expect(ledger.shown().training.spent).toEqual(ledger.shown().training.held);
    await expect(ledger.giveBack(STUDY, [{ purpose: 'training', rounds: [1] }])).rejects.toEqual(code('LEDGER_REFUSED'));
  });
});

describe('what people decide', () => {
  it('acts before the next reserve and the next spend: freeze, withdraw, pause, an end date', async () => {
    const ledger = await new World().approved();
    const reservation = await reserve(ledger);
    const spend = (round: number) => ledger.spend(reservation, { round, attempt: 0, purposes: ['training'] });
    const decide = (action: 'withdraw' | 'pause' | 'resume' | 'expire' | 'approve', by = OFFICER) =>
      ledger.decide({ kind: 'study', action, study: STUDY, epsilonLimit: null, until: null }, by);
    await ledger.decide({ kind: 'freeze' }, coordinator(1));
    await expect(reserve(ledger, 10)).rejects.toEqual(code('PAUSED'));
    await expect(spend(0)).rejects.toEqual(code('PAUSED'));
    await expect(ledger.decide({ kind: 'unfreeze' }, coordinator(2))).rejects.toEqual(code('NOT_ALLOWED'));
    await ledger.decide({ kind: 'unfreeze' }, OFFICER);
    await spend(0);
    await decide('pause', coordinator(3));
    await expect(spend(1)).rejects.toEqual(code('PAUSED'));
    await expect(decide('resume', coordinator(4))).rejects.toEqual(code('NOT_ALLOWED'));
    await decide('resume');
    await spend(1);
    await decide('expire', { role: 'agent', name: 'agent' });
    await expect(spend(2)).rejects.toEqual(code('APPROVAL_ENDED'));
    await expect(decide('approve', coordinator(5))).rejects.toEqual(code('NOT_ALLOWED'));
    await decide('approve');
    await spend(2);
    await decide('withdraw');
    await expect(reserve(ledger, 10)).rejects.toEqual(code('APPROVAL_ENDED'));
    await expect(reserve(ledger, 0, 1, studyHash('c'))).rejects.toEqual(code('NOT_APPROVED'));
  });

  it('tightens the limit from anywhere and loosens it only at the site; spending obeys a limit tightened in the middle of a block', async () => {
    const ledger = await new World().approved();
    const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items: training(0, 20, 4) });
    await ledger.decide({ kind: 'limit', epsilonMax: 5 }, coordinator(6));
    expect(ledger.state.terms.orders).toEqual([3, 4]);
    await expect(ledger.decide({ kind: 'limit', epsilonMax: 5.1 }, coordinator(7))).rejects.toEqual(code('NOT_ALLOWED'));
    await expect(ledger.decide({ kind: 'limit', epsilonMax: 0.5 }, OFFICER)).rejects.toMatchObject({
      message: expect.stringMatching(/must be above 3\.31/),
    });
    await ledger.decide({ kind: 'limit', epsilonMax: 3.8 }, coordinator(8));
    await ledger.decide({ kind: 'limit', epsilonMax: 4 }, OFFICER);
    let round = 0;
    for (; round < 20; round += 1) {
      const refusal = await ledger.spend(reservation, { round, attempt: 0, purposes: ['training'] }).catch((error: unknown) => error);
      if (refusal === undefined) continue;
      expect(refusal).toEqual(code('BUDGET_EXHAUSTED'));
      break;
    }
    expect(round).toBeGreaterThan(2);
    expect(ledger.shown().training.spent.epsilonUsed).toBeLessThanOrEqual(4);
    expect(ledger.shown().training.held.epsilonLeft).toBe(0);
  });
});

describe('a lost witness', () => {
  it('is survived inside the block that is reserved, also after asking for it again, and not beyond', async () => {
    const world = new World();
    const ledger = await world.approved();
    const reservation = await reserve(ledger, 0, 10);
    world.lost.add('zurich');
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
    const again = await reserve(ledger, 0, 10);
    await ledger.spend(again, { round: 1, attempt: 0, purposes: ['training'] });
    await expect(reserve(ledger, 10, 10)).rejects.toEqual(code('WITNESS_QUORUM'));
    expect(covers(await reserve(ledger, 0, 10), 'training', 9)).toBe(true);
  });
});

describe('the next block', () => {
  it('is due when half of the last is used, takes at most 50 rounds that nobody holds, and says how many are affordable', async () => {
    const ledger = await new World().approved();
    expect(isBlockDue(ledger.state, STUDY, 'training')).toBe(true);
    const first = nextBlock(ledger.state, STUDY, 'training', rounds(0, 120));
    expect(first).toEqual(rounds(0, 50));
    const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items: training(0, 50) });
    const due: boolean[] = [];
    for (let round = 0; round < 26; round += 1) {
      due.push(isBlockDue(ledger.state, STUDY, 'training'));
      await ledger.spend(reservation, { round, attempt: 0, purposes: ['training'] });
    }
    expect(due.indexOf(true)).toBe(25);
    expect(nextBlock(ledger.state, STUDY, 'training', rounds(0, 120))).toEqual(rounds(50, 50));
    const price = parsePair(ACCOUNTANT.price(gaussian(4), ledger.state.terms.orders).deciding);
    const fits = affordableRounds(ledger.state, 'training', price, 1000);
    await ledger.reserve({ study: STUDY, cohort: COHORT, items: training(100, fits, 4) });
    await expect(ledger.reserve({ study: STUDY, cohort: COHORT, items: training(200, 1, 4) })).rejects.toEqual(code('BUDGET_EXHAUSTED'));
  });
});

describe("the coordinator's mirror", () => {
  it('takes what continues what it holds, and nothing else', async () => {
    const world = new World();
    const ledger = await world.approved();
    const tails: MirrorTail[] = [];
    const seen = (tail: MirrorTail) => acceptTail(fold, tail, 'st-elsewhere', { keysOf: world.keysOf, readKey });
    const fold = emptyFold();
    const original = world.mirrorLink.store;
    Object.assign(world.mirrorLink, { store: (tail: MirrorTail, signal: AbortSignal) => (tails.push(tail), original(tail, signal)) });
    await ledger.publish();
    await reserve(ledger);
    const [first, second] = [tails[0]!, tails[1]!];
    expect(seen(second)).toEqual({ kind: 'behind', size: 0 });
    expect(seen({ ...first, origin: 'cardio/zurich/heart' })).toEqual({ kind: 'refused', why: 'origin' });
    expect(seen({ ...first, lines: first.lines.slice(1) })).toEqual({ kind: 'refused', why: 'size' });
    expect(seen({ ...first, checkpoint: 'nothing' })).toEqual({ kind: 'refused', why: 'checkpoint' });
    expect(seen(first)).toMatchObject({ kind: 'accepted', size: 2 });
    expect(seen(first)).toEqual({ kind: 'accepted', lines: [], size: 2 });
    const spoiled = second.lines.map((line) => Buffer.from(line.toString().replace('"rounds":[0,', '"rounds":[')));
    expect(seen({ ...second, lines: spoiled })).toMatchObject({ kind: 'refused', why: { index: 2 } });
    expect(seen({ from: 0, origin: first.origin, lines: [...first.lines, ...second.lines], checkpoint: second.checkpoint })).toMatchObject({
      kind: 'accepted',
      size: 3,
    });
  });
});
