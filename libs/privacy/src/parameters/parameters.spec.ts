import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import { ReleasedEvent } from '../events/privacy-event.js';
import { lanesFor } from './lane-room.js';
import { privacyParameters, trainingEvent, type StudyShape } from './privacy-parameters.js';

const LANE = 2 ** 22 - 1;
const settings = (over: object = {}) => ({
  mode: 'patient/distributed',
  sampling: 0.1,
  clip: 1,
  noiseMultiplier: 2,
  delta: 1e-5,
  epsilonMax: 3.5,
  rounds: 150,
  steps: 1,
  ...over,
});
const shape = (over: Partial<StudyShape> = {}): StudyShape => ({
  sites: 4,
  minSites: 3,
  colluders: 1,
  dimension: 20,
  laneMaximum: LANE,
  ...over,
});

describe('the privacy parameters of a study', () => {
  it('are those of PROTOCOL.md section 6', () => {
    const parameters = privacyParameters(settings(), shape());
    expect(parameters).toMatchObject({
      q: { numerator: 104_858, bits: 20 },
      steps: 150,
      variance: Math.ceil((4 * parameters.norm.normBound ** 2) / 2),
      norm: { normBound: 2 ** 14, rounding: 'nearest' },
    });
    const { variance, norm } = parameters;
    expect(parameters.effectiveNoise).toBeCloseTo(Math.sqrt(2 * variance - 4) / norm.normBound, 12);
    expect(parameters.clampTo).toBe(Math.floor((LANE - 8.5 * Math.sqrt(4 * variance)) / 4));
  });

  it('of the study in UX.md cost a little more than its forecast of 3.18 by continuous noise', () => {
    const epsilon = rdpEpsilon(trainingEvent(privacyParameters(settings(), shape())), 1e-5);
    expect(epsilon).toBeGreaterThan(3.17);
    expect(epsilon).toBeLessThan(3.2);
  });

  it('in patient/local have the noise of one site alone, all local steps charged, and no lane to fit into', () => {
    const parameters = privacyParameters(settings({ mode: 'patient/local', rounds: 10, steps: 20 }), shape());
    expect(parameters).toMatchObject({ variance: 4 * 2 ** 28, steps: 200 });
    expect(parameters.clampTo).toBeUndefined();
    expect(trainingEvent(parameters)).toMatchObject({ m: 1, c: 0, steps: 200, adjacency: 'patient' });
  });

  it('in mode site protect a site, which is in every round', () => {
    expect(trainingEvent(privacyParameters(settings({ mode: 'site', sampling: 1 }), shape()))).toMatchObject({ adjacency: 'site' });
    expect(() => privacyParameters(settings({ mode: 'site' }), shape())).toThrow('every site is in every round');
  });

  it('leave room in the lane and make an event that a ledger takes, or are refused with the field named', () => {
    const any = fc.record({
      noiseMultiplier: fc.double({ min: 0.01, max: 1e4, noNaN: true }),
      dimension: fc.integer({ min: 1, max: 1e8 }),
      sites: fc.integer({ min: 3, max: 100 }),
      lost: fc.integer({ min: 0, max: 30 }),
      colluders: fc.integer({ min: 0, max: 33 }),
    });
    fc.assert(
      fc.property(any, ({ noiseMultiplier, dimension, sites, lost, colluders }) => {
        const given = shape({ sites, minSites: Math.max(1, sites - lost), colluders, dimension });
        let parameters;
        try {
          parameters = privacyParameters(settings({ noiseMultiplier }), given);
        } catch (error) {
          expect(error).toMatchObject({ code: 'PRIVACY_PARAMETERS', message: expect.stringMatching(/\d/) });
          return;
        }
        const { clampTo = 0, variance, norm, effectiveNoise } = parameters;
        expect(sites * clampTo + 8.5 * Math.sqrt(sites * variance)).toBeLessThanOrEqual(LANE);
        expect(clampTo).toBeGreaterThanOrEqual(norm.normBound);
        expect(norm.normBound ** 2).toBeGreaterThanOrEqual(dimension);
        expect(ReleasedEvent.safeParse(trainingEvent(parameters)).success).toBe(true);
        // Never priced as more noise than was asked for, but for rounding V up; hardly as less.
        expect(effectiveNoise).toBeGreaterThan(noiseMultiplier * 0.85);
      }),
      { numRuns: 1_000 },
    );
  });

  const refused: [string, object, Partial<StudyShape>, string][] = [
    ['noise that fills the lane', { noiseMultiplier: 1e5 }, {}, 'noiseMultiplier'],
    [
      'a norm bound whose noise fills the lane',
      { normBound: 2 ** 14, noiseMultiplier: 30 },
      { sites: 16, minSites: 10, colluders: 5 },
      'noiseMultiplier',
    ],
    ['noise of a variance below 16', { normBound: 10, noiseMultiplier: 0.4 }, { dimension: 4 }, 'noiseMultiplier'],
    ['several noisy steps in a round of sealed sums', { steps: 2 }, {}, 'steps'],
    ['as many colluders as contributors', {}, { colluders: 3 }, 'colluders'],
    ['more contributors than sites', {}, { minSites: 5 }, 'minSites'],
  ];
  it.each(refused)('refuse %s', (_, over, given, path) => {
    expect(() => privacyParameters(settings(over), shape(given))).toThrow(
      expect.objectContaining({ code: 'PRIVACY_PARAMETERS', problems: [expect.objectContaining({ path })] }),
    );
  });

  it('refuse a model too long for the largest norm bound', () => {
    expect(() => privacyParameters(settings(), shape({ dimension: 300_000_000 }))).toThrow(
      expect.objectContaining({ code: 'PRIVACY_PARAMETERS' }),
    );
  });

  it('name unknown fields with the one that was meant', () => {
    expect(() => privacyParameters(settings({ noiseMultiplyer: 2 }), shape())).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path: 'noiseMultiplyer', fix: 'Did you mean "noiseMultiplier"?' })] }),
    );
  });

  it('want one lane a slot where batch and model are both large', () => {
    expect(lanesFor(1_000, 1_000_000)).toBe(2);
    expect(lanesFor(4_000, 1_000_000)).toBe(1);
  });
});
