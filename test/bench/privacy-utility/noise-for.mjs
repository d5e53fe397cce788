import { rdpEpsilon } from '@consilium/privacy';
import { plannedEvents } from '@consilium/privacy';

/**
 * The smallest noise multiplier, to four digits, whose training costs at most `epsilon`: by the accountant that approvals
 * go by, for the study's own steps and sampling, as if one party added all of the noise.
 */
export function effectiveNoiseFor(study, epsilon, delta) {
  const { training } = plannedEvents(study);
  const { normBound } = study.derived.noise;
  const costs = (multiplier) => rdpEpsilon({ ...training, m: 1, c: 0, V: Math.max(16, Math.ceil((multiplier * normBound) ** 2)) }, delta);
  let [low, high] = [0.01, 250];
  while (high - low > high * 1e-4) {
    const middle = (low + high) / 2;
    if (costs(middle) <= epsilon) high = middle;
    else low = middle;
  }
  return high;
}
