import type { StudyHash } from '@consilium/protocol';
import type { Spool } from '../aggregation/spool.js';
import type { StoredEvent } from '../rounds/study-event.js';
import type { StudyState } from '../rounds/study-state.js';
import type { StudyEngine } from '../studies/study-engine.js';
import type { Metrics } from './metrics.js';

const seconds = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;

/** Brings the metrics of studies, rounds and spool up to date: counters with each event, gauges before each scrape. */
export function measureStudies({
  engine,
  spool,
  metrics,
}: {
  readonly engine: StudyEngine;
  readonly spool: Spool;
  readonly metrics: Metrics;
}): void {
  const outOfStep = new Map<StudyHash, number>();
  engine.observe((state, stored) => {
    if (stored) count(state, stored, metrics);
    // Also a site that was slow, or away, may say another state once the round is decided.
    const known = outOfStep.get(state.hash) ?? 0;
    if (stored && state.outOfStep.size > known) metrics.stateDisagreements.inc(state.outOfStep.size - known);
    outOfStep.set(state.hash, state.outOfStep.size);
  });
  metrics.beforeScrape(async () => {
    metrics.studies.reset();
    for (const { activity } of engine.states())
      metrics.studies.inc({ state: activity.phase === 'ended' ? activity.outcome : activity.phase });
    metrics.roundsActive.set(engine.states().filter(({ activity }) => activity.phase === 'round').length);
    const open = engine.states().filter(({ activity }) => activity.phase === 'proposed');
    metrics.approvalsPending.set(open.reduce((sum, { study, approvals }) => sum + study.sites.names.length - approvals.size, 0));
    const { used, free } = await spool.usage();
    metrics.spoolBytes.set(used);
    metrics.spoolFreeBytes.set(free);
  });
}

function count(state: StudyState, { event, at }: StoredEvent, metrics: Metrics): void {
  switch (event.type) {
    case 'uploaded':
      metrics.contributions.inc({ outcome: 'counted' });
      return;
    case 'refused':
      metrics.contributions.inc({ outcome: 'refused' });
      return;
    case 'attemptFailed':
      metrics.rounds.inc({ outcome: 'failed' });
      metrics.roundFailures.inc({ reason: event.reason });
      return;
    case 'listClosed': {
      const { activity } = state;
      if (activity.phase === 'round') metrics.roundPhaseDuration.observe({ phase: 'uploading' }, seconds(activity.attempt.announcedAt, at));
      return;
    }
    case 'folded': {
      const { activity } = state;
      if (activity.phase === 'round' && activity.attempt.phase === 'folded')
        metrics.roundPhaseDuration.observe({ phase: 'folding' }, seconds(activity.attempt.closedAt, at));
      return;
    }
    case 'roundDone': {
      const done = state.rounds.at(-1);
      metrics.rounds.inc({ outcome: 'done' });
      if (done) metrics.roundPhaseDuration.observe({ phase: 'applying' }, seconds(done.attempt.fold.foldedAt, at));
      return;
    }
    default:
  }
}
