import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { odds, pldEpsilon, plannedEvents, rdpEpsilon, type PrivacyEvent } from '@consilium/privacy';
import { StudyFile } from '@consilium/protocol';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { checkStudy, type WrittenStudy } from '../../coordinator/cli/check-study.js';
import { studyWish } from '../../coordinator/cli/study-wish.js';
import { goodStudy } from '../support/bad-parameters.js';

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
  /** A study in which each step of each site is one of these, with all of the noise. */
  const studyOf = ({ q, steps, delta }: Wanted): WrittenStudy => {
    const study = goodStudy();
    study['algorithm'] = { ...study['algorithm'], rounds: 1, localSteps: steps };
    study['privacy'] = { ...study['privacy'], sampling: q, delta };
    return { yaml: stringify(study), file: StudyFile.parse(study) };
  };
  const search = (wanted: Wanted) => checkStudy(studyOf(wanted), studyWish({ epsilon: String(wanted.epsilon) }));

  it.each(cases.targets)('study check: epsilon $epsilon, delta $delta, q $q, $steps steps', async (wanted) => {
    const { price, study } = await search(wanted);
    expect(plannedEvents(study).training).toMatchObject({ m: 1, c: 0, steps: wanted.steps });
    const { rdp, pld } = price!.promise;
    expect(rdp).toBeLessThanOrEqual(wanted.epsilon);
    expect(rdp).toBeGreaterThanOrEqual(0.99 * wanted.epsilon);
    expect(pld).toBeLessThanOrEqual(Number(rdp));
    // By hand: the accountant, on what the file as it would be written resolves to.
    expect(rdp).toBe(rdpEpsilon(plannedEvents(study).training!, wanted.delta));
  });

  it.each(cases.hard)('study check: epsilon $epsilon at delta $delta is met or refused with a reason, in seconds', async (wanted) => {
    const start = performance.now();
    await expect(search(wanted)).rejects.toMatchObject({
      code: 'EPSILON_UNREACHABLE',
      message: expect.stringMatching(/the most that this study can have, .* still pay epsilon \d+(\.\d+)? at delta/) as string,
    });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

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
