import type { BudgetPoint } from './budget-record.js';

/** At least the last point of each stretch of time, so that steps stay where they were. @param most - 3 or more */
export function thinHistory(points: readonly BudgetPoint[], most: number): readonly BudgetPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (points.length <= most || first === undefined || last === undefined) return points;
  const begun = Date.parse(first.at);
  const stretch = Math.max(1, (Date.parse(last.at) - begun) / (most - 2));
  const bucket = ({ at }: BudgetPoint): number => Math.floor((Date.parse(at) - begun) / stretch);
  return points.filter((point, index) => {
    const next = points[index + 1];
    return index === 0 || next === undefined || bucket(next) !== bucket(point);
  });
}
