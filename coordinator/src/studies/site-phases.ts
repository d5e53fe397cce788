import type { SiteName } from '@consilium/protocol';
import type { SitePhase } from '../http/reading-views.js';
import type { StoredEvent, StudyEvent } from '../rounds/study-event.js';

/** One attempt as its events tell it. */
interface Told {
  readonly attempt: number;
  readonly announcedAt: string;
  readonly participants: readonly SiteName[];
  readonly at: ReadonlyMap<string, string>;
  readonly refused: ReadonlyMap<SiteName, Extract<StudyEvent, { type: 'refused' }>>;
  readonly contributors: readonly SiteName[] | undefined;
  readonly closedAt: string | undefined;
  readonly foldedAt: string | undefined;
  readonly failedSum: ReadonlySet<SiteName>;
  readonly outOfStep: ReadonlySet<SiteName>;
  readonly endedAt: string | undefined;
}

/**
 * Who did what when in one round, from its stored events: what a Gantt chart draws. What a site does before its upload is
 * whole only its own reports say, which are not stored, so training and sending are one bar.
 * @param events - of one round, in order
 */
export function sitePhases(events: readonly StoredEvent[]): readonly SitePhase[] {
  return attemptsOf(events).flatMap((told) => [
    ...told.participants.map((site) => training(told, site)),
    ...(told.contributors ?? []).flatMap((site) => afterList(told, site)),
  ]);
}

function attemptsOf(events: readonly StoredEvent[]): readonly Told[] {
  const attempts: Told[] = [];
  const change = (attempt: number, part: (told: Told) => Partial<Told>): void => {
    const index = attempts.findIndex((told) => told.attempt === attempt);
    const told = attempts[index];
    if (told) attempts[index] = { ...told, ...part(told) };
  };
  const note = (attempt: number, what: string, site: SiteName, at: string): void =>
    change(attempt, (told) => ({ at: told.at.has(`${what} ${site}`) ? told.at : new Map(told.at).set(`${what} ${site}`, at) }));
  for (const { at, event } of events)
    switch (event.type) {
      case 'announced':
        attempts.push({
          attempt: event.attempt,
          announcedAt: at,
          participants: event.participants,
          at: new Map(),
          refused: new Map(),
          contributors: undefined,
          closedAt: undefined,
          foldedAt: undefined,
          failedSum: new Set(),
          outOfStep: new Set(),
          endedAt: undefined,
        });
        break;
      case 'uploaded':
      case 'listSigned':
      case 'unmasked':
        note(event.attempt, event.type, event.site, at);
        break;
      case 'agreed':
        note(event.state.attempt, 'agreed', event.site, at);
        if (event.state.stateHmac === 'SUM_CHECK')
          change(event.state.attempt, ({ failedSum }) => ({ failedSum: new Set(failedSum).add(event.site) }));
        break;
      case 'refused':
        note(event.attempt, 'refused', event.site, at);
        change(event.attempt, ({ refused }) => ({ refused: new Map(refused).set(event.site, event) }));
        break;
      case 'listClosed':
        change(event.attempt, () => ({ contributors: event.contributors, closedAt: at }));
        break;
      case 'folded':
        change(event.attempt, () => ({ foldedAt: at }));
        break;
      case 'roundDone':
        change(event.attempt, () => ({ endedAt: at, outOfStep: new Set(event.outOfStep) }));
        break;
      case 'attemptFailed':
        change(event.attempt, () => ({ endedAt: at }));
        break;
      default:
    }
  return attempts;
}

function training(told: Told, site: SiteName): SitePhase {
  return bar(told, site, 'train', told.announcedAt, told.at.get(`uploaded ${site}`), told.closedAt ?? told.endedAt);
}

function afterList(told: Told, site: SiteName): readonly SitePhase[] {
  const { closedAt, foldedAt, endedAt, at } = told;
  if (closedAt === undefined) return [];
  const signed = at.get(`listSigned ${site}`);
  const bars = [bar(told, site, 'list', closedAt, signed, endedAt)];
  if (signed !== undefined) bars.push(bar(told, site, 'unmask', signed, at.get(`unmasked ${site}`), foldedAt ?? endedAt));
  if (foldedAt !== undefined) bars.push(bar(told, site, 'apply', foldedAt, at.get(`agreed ${site}`), endedAt));
  return bars;
}

/** @param done - when the site was through @param over - when the round went on without it */
function bar(
  told: Told,
  site: SiteName,
  phase: SitePhase['phase'],
  from: string,
  done: string | undefined,
  over: string | undefined,
): SitePhase {
  const refusal = told.refused.get(site);
  const refusedAt = told.at.get(`refused ${site}`);
  const base = { site, attempt: told.attempt, phase, from, code: null };
  if (done !== undefined) {
    const failed = phase === 'apply' && told.failedSum.has(site);
    const apart = phase === 'apply' && told.outOfStep.has(site);
    return {
      ...base,
      to: done,
      state: failed ? 'failed' : apart ? 'out-of-step' : 'done',
      code: failed ? 'SUM_CHECK' : apart ? 'OUT_OF_STEP' : null,
    };
  }
  if (refusal && refusedAt !== undefined && refusedAt >= from && (over === undefined || refusedAt <= over))
    return { ...base, to: refusedAt, state: refusal.decision, code: refusal.code };
  return over === undefined ? { ...base, to: null, state: 'running' } : { ...base, to: over, state: 'late' };
}
