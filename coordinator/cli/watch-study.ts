import { setTimeout as sleep } from 'node:timers/promises';
import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import type { StudyView } from '../src/http/study-views.js';
import type { ApiClient } from './api-client.js';
import type { Terminal } from './terminal.js';

/** A coordinator that restarts is waited for so long. */
const AWAY_MS = 60_000;
const WAIT_SECONDS = 20;

/** Sites whose contribution of the round is whole. */
const IN = new Set<StudyView['sites'][number]['state']>(['counted', 'opening', 'applied']);

const OVER = new Set<StudyView['state']>(['done', 'stopped', 'failed']);

/**
 * Follows a study to its end, also over a restart of the coordinator.
 * @param untilMs - `performance.now()` at which to give up
 * @throws ConsiliumError STUDY_STOPPED, STUDY_FAILED, WATCH_TIMEOUT, COORDINATOR_UNREACHABLE after a minute
 */
export async function watchStudy(api: ApiClient, hash: StudyHash, terminal: Terminal, untilMs: number): Promise<StudyView> {
  let seen = await patiently(() => api.study(hash), terminal);
  terminal.progress(progressLine(seen));
  while (!OVER.has(seen.state)) {
    const left = untilMs - performance.now();
    if (left <= 0) throw timedOut(seen, terminal);
    const waitSeconds = Math.max(0, Math.min(WAIT_SECONDS, left / 1_000));
    await patiently(() => api.events(hash, seen.seq, waitSeconds), terminal);
    seen = await patiently(() => api.study(hash), terminal);
    terminal.progress(progressLine(seen));
  }
  terminal.settle();
  if (seen.state === 'done') return seen;
  throw new ConsiliumError({
    code: seen.state === 'stopped' ? 'STUDY_STOPPED' : 'STUDY_FAILED',
    errorClass: 'failed',
    message: `Study ${seen.name} ${seen.state === 'stopped' ? 'was stopped' : 'failed'}. ${seen.stateReason}`,
    fix: `See what happened: consilium study status ${seen.hash.slice(0, 8)}.`,
  });
}

/** Asks again while the coordinator is away, up to {@link AWAY_MS}. */
async function patiently<T>(ask: () => Promise<T>, terminal: Terminal): Promise<T> {
  const start = performance.now();
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 2_000)) {
    try {
      return await ask();
    } catch (error) {
      const away = error instanceof ConsiliumError && (error.errorClass === 'unreachable' || error.errorClass === 'timeout');
      if (!away || performance.now() - start > AWAY_MS) {
        terminal.settle();
        throw error;
      }
      terminal.progress('The coordinator is away; trying again.');
      await sleep(waitMs);
    }
  }
}

function timedOut(seen: StudyView, terminal: Terminal): ConsiliumError {
  terminal.settle();
  return new ConsiliumError({
    code: 'WATCH_TIMEOUT',
    errorClass: 'timeout',
    message: `Study ${seen.name} is not over yet. ${seen.stateReason}`,
    fix: `It goes on; watch it again: consilium study launch ${seen.hash.slice(0, 8)} --watch.`,
  });
}

/** `heart-lr running · round 12/30 · uploading · 3/4 sites in · loss 0.4312` */
export function progressLine(view: StudyView): string {
  const parts = [`${view.name} ${view.state}`];
  if (view.state === 'running' || view.state === 'waiting') parts.push(`round ${view.round}/${view.rounds}`);
  if (view.phase !== null && view.phase !== view.state) parts.push(view.phase);
  if (view.state === 'running') parts.push(`${view.sites.filter(({ state }) => IN.has(state)).length}/${view.sites.length} sites in`);
  const last = view.metrics.findLast((point) => point.trainLoss !== null || point.testLoss !== null);
  const loss = last?.testLoss ?? last?.trainLoss;
  if (loss !== undefined && loss !== null) parts.push(`loss ${loss.toFixed(4)}`);
  if (view.state !== 'running') parts.push(view.stateReason);
  return parts.join(' · ');
}
