import type { PrivacyEvent } from '../events/privacy-event.js';
import { priceBy, type Plan, type Target } from './plan.js';

/**
 * The largest number of rounds whose epsilon is at most the target.
 * @param eventAt - the study with so many rounds
 * @param most - rounds that a study may have
 */
export function roundsForTarget(target: Target, eventAt: (rounds: number) => PrivacyEvent, most: number): Plan {
  const priceAt = (rounds: number) => priceBy(target, eventAt(rounds));
  const first = priceAt(1);
  if (!(first <= target.epsilon))
    return { reached: false, reason: `One round alone costs epsilon ${first.toPrecision(3)}; ${target.epsilon} was asked for.` };
  let [fits, over, epsilon] = [1, most + 1, first];
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    const there = priceAt(middle);
    if (there <= target.epsilon) [fits, epsilon] = [middle, there];
    else over = middle;
  }
  return { reached: true, value: fits, epsilon };
}
