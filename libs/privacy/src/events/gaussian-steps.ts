import { rateValue } from '../samplers/sampling-rate.js';
import type { PrivacyEvent } from './privacy-event.js';

/** What every accountant prices: a sampled Gaussian mechanism of sensitivity 1, some times over. */
export interface GaussianSteps {
  /** Probability of being included, (0, 1]. */
  readonly q: number;
  /** Noise deviation over sensitivity, rounded down. */
  readonly noiseMultiplier: number;
  readonly steps: number;
  /** Coordinates with integer noise in one step, 0 for continuous noise: what the slack G grows with. */
  readonly integers: number;
}

/** What two roundings of a square root and a quotient could add. */
const JUST_BELOW_ONE = 1 - 2 ** -50;

/**
 * nm_eff = √((m − c)·V − 4)/S (PROTOCOL.md section 6): integer noise of deviation s ≥ 4 is, up to a factor 1 ± 1e-34,
 * post-processing of a Gaussian of variance s² − 4 (Peikert 2010, Theorem 3.1).
 * @param normSquared - S²
 */
export function effectiveNoise({ V, m, c }: { readonly V: number; readonly m: number; readonly c: number }, normSquared: number): number {
  return Math.sqrt(((m - c) * V - 4) / normSquared) * JUST_BELOW_ONE;
}

/** The leaves of an event, equal ones put together, as mechanisms to price. */
export function gaussianSteps(event: PrivacyEvent): readonly GaussianSteps[] {
  const merged = new Map<string, GaussianSteps>();
  for (const leaf of leaves(event)) {
    const key = `${leaf.q} ${leaf.noiseMultiplier} ${leaf.integers}`;
    const same = merged.get(key);
    merged.set(key, { ...leaf, steps: leaf.steps + (same?.steps ?? 0) });
  }
  return [...merged.values()];
}

function leaves(event: PrivacyEvent): readonly GaussianSteps[] {
  switch (event.kind) {
    case 'composition':
      return event.events.flatMap(leaves);
    case 'integerGaussian':
      return [{ q: rateValue(event.q), noiseMultiplier: effectiveNoise(event, event.S ** 2), steps: event.steps, integers: event.d }];
    case 'histograms':
      return [{ q: 1, noiseMultiplier: effectiveNoise(event, event.tables), steps: event.steps, integers: event.bins }];
    case 'gaussian':
      return [{ q: 1, noiseMultiplier: event.sigma, steps: event.steps, integers: 0 }];
    case 'sampledGaussian':
      return [{ q: event.q, noiseMultiplier: event.sigma, steps: event.steps, integers: 0 }];
  }
}
