import { describe, expect, it } from 'vitest';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import { samplingRate } from '../samplers/sampling-rate.js';
import { forecast } from './forecast.js';

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
