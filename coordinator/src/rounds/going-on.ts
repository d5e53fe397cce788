import type { RefusalCode, SiteName } from '@consilium/protocol';
import { endsSeats } from './block-steps.js';
import { refusalBy, standingRefusal } from './standing-refusal.js';
import type { StudyState } from './study-state.js';
import { isLost, type World } from './world.js';

/** Connected, holding the current keys, in step with the agreed state, approved and not excused. */
export function isReady(state: StudyState, site: SiteName, round: number, world: World): boolean {
  return (
    world.connected.has(site) &&
    state.confirmed.has(site) &&
    state.approvals.has(site) &&
    !state.outOfStep.has(site) &&
    !state.excused.has(site) &&
    !rests(state, site, world) &&
    (state.applied.get(site) ?? -1) >= round - 1
  );
}

/** Withdrew, paused, or approved until a day that has passed. */
export const rests = (state: StudyState, site: SiteName, world: World): boolean => standingRefusal(state, site, world.now) !== undefined;

/** A site that rests, and without which the study goes on by its rules or by the researcher's word. */
export const restsAllowed = (state: StudyState, site: SiteName, world: World): boolean =>
  rests(state, site, world) && goesOnWithout(state, site, world, false);

/** Refusals that end without anybody's decision: seats that are lost, witnesses that are waited for. */
function isPassing(code: RefusalCode): boolean {
  return endsSeats(code) || code === 'WITNESSES' || code === 'PROOFS_NEEDED';
}

/** Whether a site has refused, or failed, in a way that only people put right. */
export function hasRefused(state: StudyState, site: SiteName, now: number): boolean {
  const code = refusalBy(state, site, now)?.code;
  return code !== undefined && !isPassing(code);
}

/** Whether a site has said that it lost the seats of the current block: it is late for their round before it has begun. */
export function hasLostSeats({ refusals, block }: StudyState, site: SiteName): boolean {
  const code = refusals.get(site)?.code;
  return code !== undefined && endsSeats(code) && block?.left.has(site) === true;
}

/** Whether a site has not proved what its ledger holds. Others say so of it under their own names; those are not meant here. */
export function isUnproven(state: StudyState, site: SiteName): boolean {
  const refusal = state.refusals.get(site);
  return refusal?.code === 'RESERVE_EVIDENCE' && refusal.fields['from'] === site;
}

/** Whether the study's rules let a round go on without a site that is not there, or has not delivered. */
export function goesOnWithout(state: StudyState, site: SiteName, world: World, late: boolean): boolean {
  const { onMissing } = state.study.sites;
  if (state.excused.has(site) || state.outOfStep.has(site)) return true;
  if (!state.approvals.has(site) || hasRefused(state, site, world.now)) return onMissing.refused === 'continue';
  if (isLost(site, world)) return onMissing.lost === 'continue';
  return late && onMissing.late === 'continue';
}

/** Whether a site has said that it will not deliver in this attempt; one that waits for its witnesses may still. */
export function hasSpoken(state: StudyState, site: SiteName, now: number): boolean {
  const code = refusalBy(state, site, now)?.code;
  return state.excused.has(site) || (code !== undefined && code !== 'WITNESSES');
}
