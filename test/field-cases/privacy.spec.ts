import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noiseForTarget, odds, pldEpsilon, rdpEpsilon, type Accountant, type PrivacyEvent } from '@consilium/privacy';
import { describe, expect, it } from 'vitest';

const CASES = join(import.meta.dirname, '../cases');
const read = <T>(path: string): T => JSON.parse(readFileSync(join(CASES, path), 'utf8')) as T;

describe('PRV-2: the noise search never overshoots', () => {
  interface Wanted {
    readonly epsilon: number;
    readonly delta: number;
    readonly q: number;
    readonly steps: number;
  }
  const cases = read<{
    targets: Wanted[];
    hard: Wanted[];
    closed_form_full_batch: { sigma: number; delta: number; steps: number; epsilon_exact: number }[];
  }>('prv-2/targets.json');
  const event =
    (q: number, steps: number) =>
    (sigma: number): PrivacyEvent => ({ kind: 'sampledGaussian', q, sigma, steps });
  const price = { rdp: rdpEpsilon, pld: pldEpsilon };

  const everyTarget = (['rdp', 'pld'] as const).flatMap((accountant) => cases.targets.map((target) => ({ ...target, accountant })));
  it.each(everyTarget)('by $accountant: epsilon $epsilon, delta $delta, q $q, $steps steps', ({ accountant, q, steps, epsilon, delta }) => {
    const plan = noiseForTarget({ epsilon, delta, accountant }, event(q, steps));
    if (!plan.reached) throw new Error(plan.reason);
    const returned = price[accountant](event(q, steps)(plan.value), delta);
    expect(returned).toBe(plan.epsilon);
    expect(returned).toBeLessThanOrEqual(epsilon);
    expect(returned).toBeGreaterThanOrEqual(0.99 * epsilon);
  });

  const everyHard = (['rdp', 'pld'] as readonly Accountant[]).flatMap((accountant) =>
    cases.hard.map((target) => ({ ...target, accountant })),
  );
  it.each(everyHard)(
    'by $accountant: epsilon $epsilon at delta $delta is met or refused with a reason',
    ({ accountant, q, steps, epsilon, delta }) => {
      const plan = noiseForTarget({ epsilon, delta, accountant }, event(q, steps));
      if (plan.reached) expect(price[accountant](event(q, steps)(plan.value), delta)).toBeLessThanOrEqual(epsilon);
      else expect(plan.reason).toMatch(/no noise brings epsilon below 0\.\d+ at delta/);
    },
  );

  it.each(cases.closed_form_full_batch)(
    'full batches with sigma $sigma, delta $delta, $steps steps cost what the closed form says',
    (given) => {
      const { sigma, delta, steps, epsilon_exact: exact } = given;
      const whole: PrivacyEvent = { kind: 'gaussian', sigma, steps };
      // The file gives six digits.
      expect(pldEpsilon(whole, delta)).toBeGreaterThanOrEqual(exact - 5e-7);
      expect(pldEpsilon(whole, delta)).toBeLessThan(exact * 1.01);
      expect(rdpEpsilon(whole, delta)).toBeGreaterThanOrEqual(exact);
      expect(rdpEpsilon(whole, delta)).toBeLessThan(exact * 1.15);
    },
  );
});

describe('epsilon in odds', () => {
  it.each([
    [0.5, '62 %'],
    [1, '73 %'],
    [2, '88 %'],
    [3, '95 %'],
    [6, '99.8 %'],
    [12, 'over 99.9 %'],
    [Number.POSITIVE_INFINITY, 'over 99.9 %'],
  ])('%d reads %s', (epsilon, text) => {
    expect(odds(epsilon).text).toBe(text);
    expect(odds(epsilon).sentence).toContain(`right at most ${text}`);
  });
});
