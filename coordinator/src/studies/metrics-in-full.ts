import { binaryConfusion, rocCurve, type ResolvedStudy } from '@consilium/protocol';
import type { LatestMetrics, MetricsPoint } from '../http/metrics-views.js';
import type { CurvePoint, StudyMetricsView } from '../http/reading-views.js';
import type { StudyState } from '../rounds/study-state.js';
import { latestMetrics, latestTotals, metricsCurve } from './metrics-curve.js';

const curvePoint = ({ round, contributors, trainLoss, testLoss, accuracy, figures }: MetricsPoint): CurvePoint => ({
  round,
  contributors: contributors.length,
  loss: testLoss ?? trainLoss,
  trainLoss,
  testLoss,
  accuracy,
  auroc: figures['auroc'] ?? null,
});

/** The whole curve, a few numbers a round. */
export const curvePoints = (state: StudyState): readonly CurvePoint[] => metricsCurve(state).map(curvePoint);

/** The curve, and of its last point all that the signed totals tell. */
export function metricsInFull(state: StudyState): StudyMetricsView {
  const latest = latestMetrics(state);
  const totals = latestTotals(state)?.statement.totals ?? {};
  const roc = rocCurve(state.study, totals);
  return {
    points: [...curvePoints(state)],
    latest,
    curves: latest && { roc: roc ? [...roc] : null, calibration: latest.calibration },
    confusion: latest && confusionOf(state.study, latest, totals),
    subgroups: latest?.subgroups ?? [],
  };
}

function confusionOf(
  study: ResolvedStudy,
  latest: LatestMetrics,
  totals: Readonly<Record<string, string | null>>,
): StudyMetricsView['confusion'] {
  const { outcome } = study.cohort;
  const rows = binaryConfusion(study, totals) ?? latest.confusion;
  if (rows.length === 0) return null;
  const labels =
    outcome.type === 'class' || outcome.type === 'ordinal' ? outcome.levels.map(String) : ['without the outcome', 'with the outcome'];
  return { labels, rows: rows.map((row) => [...row]) };
}

/** The newest losses, for a sparkline. */
export const lossesOf = (state: StudyState, most: number): readonly number[] =>
  metricsCurve(state)
    .slice(-most)
    .flatMap(({ testLoss, trainLoss }) => testLoss ?? trainLoss ?? []);
