import { ConsiliumError, resolveStudy, type StudyFile } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lanes, studyFile } from '../../test/study-file.js';
import {
  addCharges,
  afterStudy,
  chargeOf,
  newLedger,
  NO_CHARGE,
  noiseForStudy,
  requireRoom,
  roundEvents,
  roundsForStudy,
  shownBudget,
  type IntegerGaussian,
  type PopulationLedger,
} from '../index.js';
import { partEpsilon } from './study-epsilon.js';
import type { NoisyStudyFile } from './study-target.js';

const ALGORITHM = '{ name: dp-sgd, rounds: 40, learningRate: 0.5 }';
const distributed = (more = '', metrics?: string) =>
  studyFile(ALGORITHM, `{ mode: patient/distributed, sampling: 1, clip: 1, noiseMultiplier: 22.5, delta: 1.0e-4${more} }`, metrics);
const local = (sampling: number, rounds: number, localSteps: number, delta: number) =>
  studyFile(
    `{ name: fedavg, rounds: ${rounds}, localSteps: ${localSteps}, learningRate: 0.1 }`,
    `{ mode: patient/local, sampling: ${sampling}, clip: 1, noiseMultiplier: 4, delta: ${delta} }`,
    '{ every: 10 }',
  );
const resolved = (file: StudyFile) => resolveStudy(file, lanes);
const only = (epsilon: number) => ({ epsilon, ledgers: [] });
const costs = (file: StudyFile) => (['training', 'evaluation'] as const).map((part) => partEpsilon(resolved(file), part));
const withTraining = (file: NoisyStudyFile, noiseMultiplier: number): StudyFile => ({
  ...file,
  privacy: { ...file.privacy, noiseMultiplier },
});
const withRounds = (file: StudyFile, rounds: number): StudyFile => ({ ...file, algorithm: { ...file.algorithm, rounds } });

describe('the noise of a study', () => {
  it('is the least with which both its parts keep to an epsilon, in digits that a person would write', () => {
    const planned = noiseForStudy(distributed(), only(1), lanes);
    for (const cost of costs(planned)) {
      expect(cost).toBeLessThanOrEqual(1);
      expect(cost).toBeGreaterThanOrEqual(0.99);
    }
    expect(String(planned.privacy.noiseMultiplier)).toMatch(/^\d\d\.\d{1,2}$/);
    const [less] = costs(withTraining(planned, planned.privacy.noiseMultiplier - 0.01));
    expect(less).toBeGreaterThan(1);
  });

  it('never overshoots and comes within a hundredth, for any study that can reach its target', () => {
    const inputs = fc.record({
      sampling: fc.constantFrom(1, 0.5, 0.1, 0.01),
      rounds: fc.integer({ min: 1, max: 100 }),
      steps: fc.integer({ min: 1, max: 20 }),
      epsilon: fc.double({ min: 0.25, max: 50, noNaN: true }),
    });
    fc.assert(
      fc.property(inputs, ({ sampling, rounds, steps, epsilon }) => {
        const [cost] = costs(noiseForStudy(local(sampling, rounds, steps, 1e-5), only(epsilon), lanes));
        expect(cost).toBeLessThanOrEqual(epsilon);
        expect(cost).toBeGreaterThanOrEqual(0.99 * epsilon);
      }),
      { numRuns: 30 },
    );
  });

  it('is found from a file whose own noise is too small to be priced', () => {
    const file = distributed('', '{ every: 10, noiseMultiplier: 0.01 }');
    expect(() => resolved(file)).toThrow(/noise variance/);
    expect(noiseForStudy(file, only(1), lanes)).toEqual(noiseForStudy(distributed(), only(1), lanes));
  });

  it('is found where more of it than that would not fit the lanes, and where less would not either', () => {
    const narrow = (least: number, most: number) => (shape: Parameters<typeof lanes>[0]) => {
      const deviation = Math.sqrt(shape.updateVariance ?? least ** 2);
      if (deviation < least || deviation > most)
        throw new ConsiliumError({ code: 'PRIVACY_PARAMETERS', errorClass: 'usage', message: 'Does not fit.', fix: 'None.' });
      return lanes(shape);
    };
    const [least, most] = [5 * 16_384, 30 * 16_384];
    expect(costs(noiseForStudy(distributed(), only(1), narrow(least, most)))[0]).toBeGreaterThanOrEqual(0.99);
    expect(() => noiseForStudy(distributed(), only(0.1), narrow(least, most))).toThrow(
      expect.objectContaining({ code: 'EPSILON_UNREACHABLE', exitCode: 5 }),
    );
    // Less noise would be enough, and is not possible: the least that is.
    const planned = noiseForStudy(distributed(), only(100), narrow(least, most));
    expect(planned.privacy.noiseMultiplier).toBeCloseTo(5 * Math.SQRT2, 2);
    expect(() => noiseForStudy(distributed(), only(1), narrow(1, 2))).toThrow('Does not fit.');
  });

  it('says what the most noise would cost where that is too much, and what would help', () => {
    expect(() => noiseForStudy(local(0.5, 10, 100, 1e-9), only(1e-6), lanes)).toThrow(
      expect.objectContaining({
        code: 'EPSILON_UNREACHABLE',
        message: expect.stringMatching(
          /^Even with a noise multiplier of 1000, .* training patients still pay epsilon 0\.\d+ at delta 1e-9/,
        ),
        fix: expect.stringContaining('sampling 1'),
      }),
    );
  });

  it('is not looked for in mode none', () => {
    const file = studyFile('{ name: fedavg, rounds: 7, localSteps: 3, learningRate: 0.1 }', '{ mode: none }', '{ every: 1 }');
    for (const search of [noiseForStudy, roundsForStudy])
      expect(() => search(file, only(1), lanes)).toThrow(expect.objectContaining({ code: 'EPSILON_WITHOUT_NOISE' }));
  });
});

describe('the rounds of a study', () => {
  it('are the most with which both parts keep to an epsilon, and one more is too many', () => {
    const planned = roundsForStudy(distributed(), only(1.3), lanes);
    expect(Math.max(...costs(planned))).toBeLessThanOrEqual(1.3);
    expect(Math.max(...costs(withRounds(planned, planned.algorithm.rounds + 1)))).toBeGreaterThan(1.3);
  });

  it('are no more than a study may have, and none where not even one fits', () => {
    expect(roundsForStudy(distributed(), only(900), lanes).algorithm.rounds).toBe(10_000);
    expect(() => roundsForStudy(distributed(), only(0.01), lanes)).toThrow(
      /^Even with one round the training patients still pay epsilon 0\.\d+/,
    );
  });
});

describe("a population's ledger", () => {
  const ledger = newLedger('population heart at a', 3, 1e-5);
  const target = { ledgers: [ledger] };
  const fits = (file: StudyFile, found: PopulationLedger = ledger) => afterStudy(resolved(file), found).fits;

  it('has room at its own orders for the noise that was found, and not for less', () => {
    const planned = noiseForStudy(distributed(), target, lanes);
    expect(fits(planned)).toBe(true);
    expect(fits(withTraining(planned, planned.privacy.noiseMultiplier * 0.998))).toBe(false);
  });

  it('has room for the rounds that were found, and not for one more', () => {
    const planned = roundsForStudy(distributed(), target, lanes);
    expect(fits(planned)).toBe(true);
    expect(fits(withRounds(planned, planned.algorithm.rounds + 1))).toBe(false);
  });

  it('asks for more noise than the epsilon of the study alone, where it is the tighter of the two', () => {
    const tight = { epsilon: 3, ledgers: [newLedger('population heart at a', 1, 1e-5)] };
    expect(Math.max(...costs(noiseForStudy(distributed(), tight, lanes)))).toBeLessThan(1);
  });

  it('refuses a study that it would stop, with the rounds and the noise that fit', () => {
    const [rounds, noise] = [
      roundsForStudy(distributed(), { ledgers: [small()] }, lanes),
      noiseForStudy(distributed(), { ledgers: [small()] }, lanes),
    ];
    expect(() => requireRoom(distributed(), resolved(distributed()), small(), lanes)).toThrow(
      expect.objectContaining({
        code: 'BUDGET_EXHAUSTED',
        message: expect.stringMatching(/^This study would bring population heart at a to epsilon \d\.\d\d; its limit is 1\.00\.$/),
        fix:
          `Take at most ${rounds.algorithm.rounds} rounds (consilium study check FILE --rounds ${rounds.algorithm.rounds}), or take a ` +
          `privacy.noiseMultiplier of at least ${noise.privacy.noiseMultiplier}, or ask the site's officer to raise the limit at the site.`,
      }),
    );
    expect(() => requireRoom(distributed(), resolved(distributed()), ledger, lanes)).not.toThrow();
  });
  const small = () => newLedger('population heart at a', 1, 1e-5);

  it('that is used up leaves nothing to offer but to ask its officer', () => {
    const charge = chargeOf({ kind: 'gaussian', sigma: 0.1, steps: 1 }, ledger.terms);
    const full = { ...ledger, held: { training: charge, evaluation: charge } };
    expect(() => requireRoom(distributed(), resolved(distributed()), full, lanes)).toThrow(
      expect.objectContaining({ fix: "Ask the site's officer to raise the limit at the site." }),
    );
    expect(() => noiseForStudy(distributed(), { ledgers: [full] }, lanes)).toThrow(
      expect.objectContaining({ code: 'BUDGET_EXHAUSTED', fix: expect.stringContaining('stays spent') }),
    );
  });

  it('is shown before and after the study, which costs it what its rounds do one by one', () => {
    const { before, after } = afterStudy(resolved(distributed()), ledger);
    const steps = { ...roundEvents(resolved(distributed())).training, kind: 'integerGaussian' } as IntegerGaussian;
    const one = chargeOf(steps, ledger.terms);
    let sum = NO_CHARGE;
    for (let round = 0; round < 40; round += 1) sum = addCharges(sum, one);
    expect(after).toEqual(shownBudget(ledger.terms, [sum]));
    expect(before).toEqual({ percentUsed: 0, epsilonUsed: 0, epsilonLeft: 3 });
    expect(after?.percentUsed).toBeGreaterThan(0);
    expect(after?.epsilonUsed).toBeLessThanOrEqual(3);
  });
});
