import { describe, expect, it } from 'vitest';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { admits } from '../filter/budget-filter.js';
import { chargeOf } from '../filter/charge.js';
import { newFilterTerms } from '../filter/filter-terms.js';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import { samplingRate } from '../samplers/sampling-rate.js';
import { forecast } from './forecast.js';
import { emptyLedger, noiseForLedger, requireLedgerRoom } from './noise-for-ledger.js';
import { noiseForTarget } from './noise-for-target.js';
import { roundsForTarget } from './rounds-for-target.js';

/** Four sites, three at least, one may collude: the noise of two is certain. */
const study = (noiseMultiplier: number, rounds = 150): PrivacyEvent => ({
  kind: 'integerGaussian',
  adjacency: 'patient',
  q: samplingRate(0.1),
  V: Math.ceil((noiseMultiplier * 8192) ** 2 / 2),
  S: 8192,
  d: 20,
  m: 3,
  c: 1,
  steps: rounds,
});

describe('a plan', () => {
  it('of rounds is the most that fit, and one more does not', () => {
    const target = { epsilon: 2, delta: 1e-5, accountant: 'rdp' } as const;
    const plan = roundsForTarget(target, (rounds) => study(2, rounds), 10_000);
    if (!plan.reached) throw new Error(plan.reason);
    expect(plan.epsilon).toBeLessThanOrEqual(2);
    expect(rdpEpsilon(study(2, plan.value), 1e-5)).toBe(plan.epsilon);
    expect(rdpEpsilon(study(2, plan.value + 1), 1e-5)).toBeGreaterThan(2);
  });

  it('of rounds says what one costs where not even that fits, and stops at what a study may have', () => {
    expect(roundsForTarget({ epsilon: 0.01, delta: 1e-5, accountant: 'rdp' }, (rounds) => study(2, rounds), 100)).toMatchObject({
      reached: false,
      reason: expect.stringMatching(/^One round alone costs epsilon 0\.\d+; 0\.01 was asked for\.$/),
    });
    expect(roundsForTarget({ epsilon: 900, delta: 1e-5, accountant: 'rdp' }, (rounds) => study(2, rounds), 100)).toMatchObject({
      value: 100,
    });
  });

  it('of noise is for the integer noise that the study will have, not for an ideal', () => {
    const plan = noiseForTarget({ epsilon: 3, delta: 1e-5, accountant: 'rdp' }, (noise) => study(Math.min(90, Math.max(0.2, noise))));
    if (!plan.reached) throw new Error(plan.reason);
    expect(rdpEpsilon(study(plan.value), 1e-5)).toBeLessThanOrEqual(3);
    expect(plan.epsilon).toBeGreaterThan(2.97);
  });
});

describe("noise for a population's ledger", () => {
  const ledger = emptyLedger(newFilterTerms(3, 1e-5));
  const eventAt = (noise: number) => study(Math.min(90, Math.max(0.2, noise)));

  it("is the least with which the whole study fits at the ledger's own orders", () => {
    const enough = noiseForLedger(ledger, eventAt) ?? Number.NaN;
    expect(admits(ledger.terms, ledger.spent, chargeOf(eventAt(enough), ledger.terms))).toBe(true);
    expect(admits(ledger.terms, ledger.spent, chargeOf(eventAt(enough * 0.999), ledger.terms))).toBe(false);
  });

  it('is asked for where it is too small, with the one that is large enough', () => {
    const enough = noiseForLedger(ledger, eventAt);
    expect(() => requireLedgerRoom('heart', ledger, enough ?? 0, eventAt)).not.toThrow();
    expect(() => requireLedgerRoom('heart', ledger, 1, eventAt)).toThrow(
      expect.objectContaining({
        code: 'BUDGET_EXHAUSTED',
        message: expect.stringMatching(/^This study would bring population heart to epsilon \d+\.\d\d; its limit is 3\.00\.$/),
        fix: `Take a noise multiplier of at least ${enough}, fewer rounds, or ask the site's officer to raise the limit at the site.`,
      }),
    );
  });

  it('does not exist where the budget is used up', () => {
    const spent = chargeOf({ kind: 'gaussian', sigma: 0.1, steps: 1 }, ledger.terms);
    expect(noiseForLedger({ ...ledger, spent }, eventAt)).toBeUndefined();
    expect(() => requireLedgerRoom('heart', { ...ledger, spent }, 50, eventAt)).toThrow(
      expect.objectContaining({ fix: "Ask the site's officer to raise the limit at the site; what was spent stays spent." }),
    );
  });
});

describe('a forecast', () => {
  it('shows the promise and what is left of it if all others collude', () => {
    const { promise, ifAllOthersCollude, promiseInOdds } = forecast(study(2), 1e-5);
    expect(promise.rdp).toBeCloseTo(rdpEpsilon(study(2), 1e-5), 12);
    expect(Number(promise.pld)).toBeLessThan(Number(promise.rdp));
    expect(Number(ifAllOthersCollude.rdp)).toBeGreaterThan(Number(promise.rdp));
    expect(promiseInOdds.text).toBe('96 %');
  });

  it('says "unbounded" where nothing is left', () => {
    const thin = forecast({ kind: 'sampledGaussian', q: 0.9, sigma: 0.01, steps: 1_000_000 }, 1e-5);
    expect(thin.promise.pld).toBe('unbounded');
    expect(thin.promiseInOdds.text).toBe('over 99.9 %');
  });
});
