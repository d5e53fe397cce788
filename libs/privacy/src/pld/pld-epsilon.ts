import { gaussianSteps, type GaussianSteps } from '../events/gaussian-steps.js';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { composedEpsilon } from './composed-epsilon.js';
import { gaussianEpsilon } from './gaussian-epsilon.js';
import { singleStepEpsilon } from './single-step-epsilon.js';

/**
 * G of PROTOCOL.md section 6: what integer noise may differ by from the Gaussian that it is priced as, for one coordinate
 * of one step: ln((1 + g)/(1 − g)) with g = 2e^(−8π²) = 1.02e-34 for noise of deviation 4 or more, and nothing that shows for τ.
 */
const INTEGER_SLACK = 2.1e-34;
/** So that a release never reads as free, whatever its delta. */
const LEAST = 1e-12;
const FINEST_GRID = 1e-4;

/**
 * Upper bound of the epsilon of an event by privacy-loss distributions. Tighter than `rdpEpsilon`, and only for an event
 * that was fixed before it started: it reports what one study costs and never decides (PROTOCOL.md section 7). Never 0.
 * @param delta - in (0, 1)
 * @returns Infinity where delta cannot be reached
 */
export function pldEpsilon(event: PrivacyEvent, delta: number): number {
  const mechanisms = gaussianSteps(event);
  const slack = mechanisms.reduce((sum, { integers, steps }) => sum + INTEGER_SLACK * integers * steps, 0);
  return epsilonOf(mechanisms, delta * Math.exp(-slack) * (1 - 2 ** -52)) + 2 * slack + LEAST;
}

function epsilonOf(mechanisms: readonly GaussianSteps[], delta: number): number {
  const whole = mechanisms.filter(({ q }) => q === 1);
  const sampled = mechanisms.filter(({ q }) => q < 1);
  // Steps without sampling are together one Gaussian step.
  const mu = Math.sqrt(whole.reduce((sum, { steps, noiseMultiplier }) => sum + steps / noiseMultiplier ** 2, 0)) * (1 + 2 ** -48);
  if (sampled.length === 0) return gaussianEpsilon(mu, delta);
  const [only] = sampled;
  if (only !== undefined && sampled.length === 1 && only.steps === 1 && mu === 0)
    return Math.max(singleStepEpsilon(only, 'remove', delta, FINEST_GRID), singleStepEpsilon(only, 'add', delta, FINEST_GRID));
  return composedEpsilon(mu > 0 ? [...sampled, { q: 1, noiseMultiplier: 1 / mu, steps: 1 }] : sampled, delta);
}
