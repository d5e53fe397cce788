import type { SiteName } from '@consilium/protocol';
import type { EndReason, Outcome, StudyEvent } from './study-event.js';

/** The coordinator ends a study by itself. */
export function end(outcome: Outcome, reason: EndReason, sites: readonly SiteName[] = []): StudyEvent {
  return { type: 'ended', outcome, by: 'coordinator', reason, sites };
}
