import type { BudgetPoint } from './budget-record.js';

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 90;
const FARTHEST_DAYS = 36_500;

/**
 * The day on which nothing is left if budget is taken as it was in the last 90 days, idle days included (or since the
 * first reserve, where that is later).
 * @param points - oldest first
 * @returns a day (UTC); null with less than a day of history, while nothing is taken, or past a hundred years
 */
export function projectedExhaustion(points: readonly BudgetPoint[], now: Date): string | null {
  const last = points.at(-1);
  const taken = points.filter(({ held }) => held > 0);
  const from = now.getTime() - WINDOW_DAYS * DAY_MS;
  const base = taken.findLast(({ at }) => Date.parse(at) <= from) ?? taken[0];
  if (last === undefined || base === undefined) return null;
  if (last.left === 0) return last.at.slice(0, 10);
  // An empty ledger shows 0 and the first entry lifts it to what its orders cost: only what came after it is a rate.
  const days = (now.getTime() - Math.max(Date.parse(base.at), from)) / DAY_MS;
  const perDay = (last.held - base.held) / days;
  if (days < 1 || !(perDay > 0) || last.left / perDay > FARTHEST_DAYS) return null;
  return new Date(now.getTime() + (last.left / perDay) * DAY_MS).toISOString().slice(0, 10);
}
