import type { Rows } from '@consilium/cohort';
import { predict, riskScores, type ModelState } from '@consilium/learning';
import type { Outcome, ResolvedStudy } from '@consilium/protocol';
import type { Scored } from './measures.js';

const UNDO: Readonly<Record<'none' | 'sqrt' | 'log', (value: number) => number>> = {
  none: (value) => value,
  sqrt: (value) => value * value,
  log: Math.exp,
};

/** What was true of a row, in the outcome's own unit. */
function truthOf(outcome: Outcome, y: number): number {
  return outcome.type === 'number' ? UNDO[outcome.transform](y * outcome.scale + outcome.center) : y;
}

/** One prediction a row in the outcome's own unit, and what was true; for a time to event the risk stands for the prediction. */
export async function scoredRows(study: ResolvedStudy, state: ModelState, rows: Rows): Promise<Scored> {
  const { outcome } = study.cohort;
  const asked = { study, state, rows };
  const prediction = outcome.type === 'survival' ? await riskScores(asked) : await predict(asked);
  if (prediction?.length !== rows.y.length)
    throw new TypeError(`a worked study has one number a row, and ${outcome.type} gives another count`);
  return { prediction, truth: Float64Array.from(rows.y, (y) => truthOf(outcome, y)) };
}
