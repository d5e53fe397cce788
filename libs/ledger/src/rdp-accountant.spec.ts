import { describe, expect, it } from 'vitest';
import { admits, chargeOf, rdpEpsilon } from '@consilium/privacy';
import { COHORT, readKey, rounds, STUDY, TERMS, World, OFFICER } from '../test/world.js';
import { forPlanner, rdpAccountant } from './rdp-accountant.js';
import { verifyLedger } from './verify/verify-ledger.js';

const accountant = rdpAccountant();
const training = {
  kind: 'integerGaussian' as const,
  adjacency: 'patient' as const,
  q: { numerator: 104_858, bits: 20 },
  V: Math.ceil((4 * 4096) ** 2 / 2),
  S: 4096,
  d: 20,
  m: 3,
  c: 1,
  steps: 1,
};
const evaluation = { kind: 'histograms' as const, adjacency: 'patient' as const, tables: 1, bins: 40, V: 512, m: 3, c: 1, steps: 1 };

describe('a ledger priced by libs/privacy', () => {
  it('is filled to its limit, keeps the promised epsilon, and is verified from its file alone', async () => {
    const world = new World();
    const started = await world.start({ accountant });
    if (started.kind !== 'none') throw new Error(started.kind);
    const ledger = await started.create(TERMS);
    await ledger.decide({ kind: 'study', action: 'approve', study: STUDY, epsilonLimit: null, until: null }, OFFICER);
    let round = 0;
    let reservation = await ledger.reserve({
      study: STUDY,
      cohort: COHORT,
      items: [{ purpose: 'evaluation', event: evaluation, rounds: [0] }],
    });
    for (; ; round += 50) {
      const items = [{ purpose: 'training' as const, event: training, rounds: rounds(round, 50) }];
      const reserved = await ledger.reserve({ study: STUDY, cohort: COHORT, items }).catch((error: unknown) => error);
      if (!(typeof reserved === 'object' && reserved !== null && 'evidence' in reserved)) {
        expect(reserved).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
        break;
      }
      reservation = reserved as typeof reservation;
    }
    await ledger.spend(reservation, { round: round - 1, attempt: 0, purposes: ['training'] });
    const shown = ledger.shown();
    expect(shown.training.held.percentUsed).toBeGreaterThan(80);
    expect(shown.training.held.percentUsed).toBeLessThanOrEqual(100);
    expect(shown.held.epsilonUsed).toBeLessThanOrEqual(6);
    // What the filter promises holds for the best accountant too: all reserved steps together, priced in hindsight.
    expect(rdpEpsilon({ ...training, steps: round }, TERMS.delta)).toBeLessThanOrEqual(shown.held.epsilonUsed);
    // The planner, asked about the same ledger, comes to the same answer as the ledger did.
    const found = forPlanner(ledger.state);
    const refused = chargeOf({ ...training, steps: 50 }, found.terms);
    expect(admits(found.terms, found.held.training, refused)).toBe(false);
    const verdict = verifyLedger(world.file(), { keysOf: world.keysOf, readKey, accountant: rdpAccountant() });
    expect(verdict).toMatchObject({ ok: true, budget: shown });
  });

  it('refuses an event that a ledger may not hold, naming the field', async () => {
    const orders = accountant.decidingOrders(1e-5, 6);
    expect(() => accountant.price({ kind: 'gaussian', sigma: 3, steps: 1 }, orders)).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID' }),
    );
    expect(() => accountant.price({ ...training, V: 15 }, orders)).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID', problems: [expect.objectContaining({ path: 'V' })] }),
    );
  });

  it('looks a thousand times and says the same', () => {
    const orders = accountant.decidingOrders(1e-5, 6);
    const first = accountant.price(training, orders);
    for (let look = 0; look < 1000; look += 1) expect(accountant.price({ ...training }, orders)).toEqual(first);
  });
});
