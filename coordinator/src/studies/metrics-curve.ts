import { figuresOfScores, metricsFromTotals, SCORE_TABLE, SCORE_UNIT, type Metrics, type Statement } from '@consilium/protocol';
import type { MetricsPoint } from '../http/study-views.js';
import type { StudyState } from '../rounds/study-state.js';

/**
 * The curve that people watch: per round the totals that c + 1 sites signed alike (PROTOCOL.md section 4, "Metrics").
 * A round's metrics are about the state before its step, so the point of round r belongs to state r − 1.
 */
export function metricsCurve(state: StudyState): readonly MetricsPoint[] {
  const needed = state.study.derived.thresholds.c + 1;
  return [...state.metrics]
    .sort(([one], [other]) => one - other)
    .flatMap(([round, bySite]) => {
      const statements = [...bySite.values()].map(({ statement }) => JSON.parse(statement.json) as Statement<'metrics'>);
      const alike = Map.groupBy(statements, ({ totals, contributors }) => JSON.stringify([totals, contributors]));
      const [agreed] = [...alike.values()].find((group) => group.length >= needed) ?? [];
      if (!agreed) return [];
      const { loss, testLoss, accuracy } = rates(agreed.totals);
      return [{ round: round - 1, contributors: agreed.contributors, trainLoss: loss, testLoss, accuracy, totals: agreed.totals }];
    });
}

function rates(totals: Statement<'metrics'>['totals']): {
  readonly loss: number | null;
  readonly testLoss: number | null;
  readonly accuracy: number | null;
} {
  const { trainLoss, testLoss, accuracy }: Metrics = SCORE_TABLE.every((name) => typeof totals[name] === 'string')
    ? figuresOfScores(SCORE_TABLE.map((name) => Number(totals[name]) / SCORE_UNIT))
    : metricsFromTotals(totals);
  return { loss: trainLoss ?? null, testLoss: testLoss ?? null, accuracy: accuracy ?? null };
}
