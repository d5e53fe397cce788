import { figureValue, studyMetrics, type Statement, type StudyMetrics } from '@consilium/protocol';
import type { LatestMetrics, MetricsPoint } from '../http/metrics-views.js';
import type { StudyState } from '../rounds/study-state.js';

/** Totals of one round that c + 1 sites signed alike (PROTOCOL.md section 4, "Metrics"). */
export interface AgreedTotals {
  readonly round: number;
  readonly statement: Statement<'metrics'>;
}

type SignedBySite = StudyState['metrics'] extends ReadonlyMap<number, infer M> ? M : never;

/** What was read off the words of one round. They are replaced, never changed: what holds of them holds for ever. */
const agreed = new WeakMap<SignedBySite, AgreedTotals | 'none'>();
const points = new WeakMap<AgreedTotals, MetricsPoint>();

/**
 * The curve that people watch. A round's metrics are about the state before its step, so the point of round r belongs to
 * state r − 1.
 */
export function metricsCurve(state: StudyState): readonly MetricsPoint[] {
  return agreedTotals(state).map((totals) => {
    const known = points.get(totals) ?? point(state, totals);
    points.set(totals, known);
    return known;
  });
}

function point(state: StudyState, { round, statement }: AgreedTotals): MetricsPoint {
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
}

/** All that can be read off the last point of the curve: errors, reasons, calibration, subgroups and their gaps. */
export function latestMetrics(state: StudyState): LatestMetrics | null {
  const last = latestTotals(state);
  return last ? { round: last.round - 1, contributors: last.statement.contributors, ...read(state, last.statement) } : null;
}

/** The newest totals that enough sites signed. */
export const latestTotals = (state: StudyState): AgreedTotals | undefined => agreedTotals(state).at(-1);

function agreedTotals(state: StudyState): readonly AgreedTotals[] {
  const needed = state.study.derived.thresholds.c + 1;
  return [...state.metrics]
    .sort(([one], [other]) => one - other)
    .flatMap(([round, bySite]) => {
      const known = agreed.get(bySite) ?? agreement(round, bySite, needed);
      agreed.set(bySite, known);
      return known === 'none' ? [] : [known];
    });
}

/** Reads no more statements than it takes: of fifty sites that say the same, c + 1. */
function agreement(round: number, bySite: SignedBySite, needed: number): AgreedTotals | 'none' {
  const counts = new Map<string, number>();
  for (const { statement: signed } of bySite.values()) {
    const statement = JSON.parse(signed.json) as Statement<'metrics'>;
    const words = JSON.stringify([statement.totals, statement.contributors]);
    const count = (counts.get(words) ?? 0) + 1;
    if (count >= needed) return { round, statement };
    counts.set(words, count);
  }
  return 'none';
}

const read = ({ study }: StudyState, { totals, contributors }: Statement<'metrics'>): StudyMetrics =>
  studyMetrics(study, totals, contributors.length);
