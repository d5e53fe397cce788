import type { PrivacyEvent } from '../events/privacy-event.js';
import { LARGEST_ORDER } from '../rdp/orders.js';
import { priceBy, type Plan, type Target } from './plan.js';

const SMALLEST = 0.05;
const LARGEST = 1e9;
/** The search ends once epsilon is this part of the target or more. */
const CLOSE = 0.995;
const STEPS = 80;

/**
 * The least noise multiplier, about, whose epsilon is at most the target: between 99% of it and it, where that can be
 * reached, never above (field case PRV-2).
 * @param eventAt - the study at a noise multiplier; may throw where the study does not allow it, which ends the search
 */
export function noiseForTarget(target: Target, eventAt: (noiseMultiplier: number) => PrivacyEvent): Plan {
  const priceAt = (noiseMultiplier: number) => priceBy(target, eventAt(noiseMultiplier));
  // Ever larger from little noise for RDP; PLD takes longer where there is little, so it begins at what RDP found.
  const known = target.accountant === 'pld' ? noiseForTarget({ ...target, accountant: 'rdp' }, eventAt) : undefined;
  const start = known === undefined ? SMALLEST : known.reached ? known.value : 1;
  let [low, high] = [SMALLEST, start];
  let epsilon = priceAt(high);
  while (!(epsilon <= target.epsilon)) {
    if (high >= LARGEST) return { reached: false, reason: unreachable(target, epsilon) };
    [low, high] = [high, Math.min(LARGEST, high * 4)];
    epsilon = priceAt(high);
  }
  for (let step = 0; step < STEPS && high > low && epsilon < CLOSE * target.epsilon; step += 1) {
    const middle = Math.sqrt(low * high);
    const there = priceAt(middle);
    if (there <= target.epsilon) [high, epsilon] = [middle, there];
    else low = middle;
  }
  return { reached: true, value: high, epsilon };
}

function unreachable({ accountant, epsilon, delta }: Target, least: number): string {
  const limit = `By ${accountant.toUpperCase()} no noise brings epsilon below ${least.toPrecision(3)} at delta ${delta}; ${epsilon} was asked for.`;
  return accountant === 'rdp' ? `${limit} The orders of sampled steps end at ${LARGEST_ORDER}: take a larger delta or sampling 1.` : limit;
}
