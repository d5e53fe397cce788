import { figureValue, studyMetrics, type Statement, type StudyMetrics } from '@consilium/protocol';
import type { LatestMetrics, MetricsPoint } from '../http/metrics-views.js';
import type { StudyState } from '../rounds/study-state.js';

/**
 * The curve that people watch: per round the totals that c + 1 sites signed alike (PROTOCOL.md section 4, "Metrics").
 * A round's metrics are about the state before its step, so the point of round r belongs to state r − 1.
 */
export function metricsCurve(state: StudyState): readonly MetricsPoint[] {
  return agreedTotals(state).map(({ round, statement }) => {
    const { figures } = read(state, statement);
    const value = (name: string) => figureValue(figures, name);
    return {
      round: round - 1,
      contributors: statement.contributors,
      trainLoss: value('trainLoss'),
      testLoss: value('testLoss'),
      accuracy: value('accuracy'),
      figures: Object.fromEntries(figures.flatMap(({ name, value: known }) => (known === null ? [] : [[name, known]]))),
      totals: statement.totals,
    };
  });
}

/** All that can be read off the last point of the curve: errors, reasons, calibration, subgroups and their gaps. */
export function latestMetrics(state: StudyState): LatestMetrics | null {
  const last = agreedTotals(state).at(-1);
  return last ? { round: last.round - 1, contributors: last.statement.contributors, ...read(state, last.statement) } : null;
}

interface Agreed {
  readonly round: number;
  readonly statement: Statement<'metrics'>;
}

function agreedTotals(state: StudyState): readonly Agreed[] {
  const needed = state.study.derived.thresholds.c + 1;
  return [...state.metrics]
    .sort(([one], [other]) => one - other)
    .flatMap(([round, bySite]) => {
      const statements = [...bySite.values()].map(({ statement }) => JSON.parse(statement.json) as Statement<'metrics'>);
      const alike = Map.groupBy(statements, ({ totals, contributors }) => JSON.stringify([totals, contributors]));
      const [statement] = [...alike.values()].find((group) => group.length >= needed) ?? [];
      return statement ? [{ round, statement }] : [];
    });
}

const read = ({ study }: StudyState, { totals, contributors }: Statement<'metrics'>): StudyMetrics =>
  studyMetrics(study, totals, contributors.length);
