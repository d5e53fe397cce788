import { resolveStudy } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lanes, studyFile } from '../../test/study-file.js';
import { epsilonText, plannedEvents, requireAffordable, studyForecast } from '../index.js';

const study = (...parts: Parameters<typeof studyFile>) => resolveStudy(studyFile(...parts), lanes);
const distributed = (more = '') =>
  study(
    '{ name: dp-sgd, rounds: 40, learningRate: 0.5 }',
    `{ mode: patient/distributed, sampling: 1, clip: 1, noiseMultiplier: 22.5, delta: 1.0e-4${more} }`,
  );

describe('what a study plans to release', () => {
  it('is one step a round of the distributed mode, and the tables of scores beside it', () => {
    expect(plannedEvents(distributed())).toEqual({
      // m − c = 2 sites' noise is certain.
      training: expect.objectContaining({ q: { numerator: 2 ** 20, bits: 20 }, d: 3, m: 3, c: 1, steps: 40, adjacency: 'patient' }),
      evaluation: expect.objectContaining({ S: 16, V: Math.ceil((12 * 16) ** 2 / 2), m: 3, c: 1, steps: 5 }),
    });
  });

  it('is every local step of the local mode, with the noise of one site alone', () => {
    const local = study(
      '{ name: fedavg, rounds: 7, localSteps: 3, learningRate: 0.1 }',
      '{ mode: patient/local, sampling: 0.25, clip: 1, noiseMultiplier: 4, delta: 1.0e-4 }',
    );
    expect(plannedEvents(local).training).toMatchObject({ m: 1, c: 0, steps: 21, q: { numerator: 2 ** 18, bits: 20 } });
    const price = studyForecast(local);
    expect(price?.ifAllOthersCollude).toEqual(price?.promise);
  });

  it('is nothing that can be promised in mode none', () => {
    expect(
      studyForecast(study('{ name: fedavg, rounds: 7, localSteps: 3, learningRate: 0.1 }', '{ mode: none }', '{ every: 1 }')),
    ).toBeUndefined();
  });

  it('costs less by the tighter accountant, and more if all others collude', () => {
    const { promise, ifAllOthersCollude } = studyForecast(distributed())!;
    expect(promise.rdp).toBeGreaterThan(0.9);
    expect(promise.rdp).toBeLessThan(1);
    expect(promise.pld).toBeLessThan(Number(promise.rdp));
    expect(ifAllOthersCollude.rdp).toBeGreaterThan(Number(promise.rdp) * 1.3);
  });

  it('is refused above its own epsilonMax, and says what would help', () => {
    expect(requireAffordable(distributed(', epsilonMax: 1'))?.promise.rdp).toBeLessThan(1);
    expect(() => requireAffordable(distributed(', epsilonMax: 0.9'))).toThrow(
      expect.objectContaining({ code: 'EPSILON_MAX', exitCode: 5, fix: expect.stringContaining('above 22.5') }),
    );
  });
});

describe('an epsilon for people', () => {
  it('is never rounded down', () => {
    expect([epsilonText(0.98443), epsilonText(3.18401), epsilonText(402.31), epsilonText(0), epsilonText('unbounded')]).toEqual([
      '0.9845',
      '3.185',
      '402.4',
      '0',
      'unbounded',
    ]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (epsilon) => {
        expect(Number(epsilonText(epsilon))).toBeGreaterThanOrEqual(epsilon * (1 - 1e-12));
        expect(Number(epsilonText(epsilon))).toBeLessThanOrEqual(epsilon * 1.0011);
      }),
    );
  });
});
