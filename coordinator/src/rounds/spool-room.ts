import { kindOfRound, type StudyState } from './study-state.js';

/**
 * Bytes that the next attempt may put into the spool: a contribution of each site and the sum (field case OPS-3). An attempt
 * that has no room is not announced: sites would train, and pay, for an upload that is refused.
 */
export function roundBytes(state: StudyState, round: number): number {
  const { uploadBytes, foldBytes } = state.study.derived.sums[kindOfRound(state, round)];
  return state.study.sites.names.length * uploadBytes + foldBytes;
}

/** Whether the spool has room for the next attempt, as far as anybody knows. */
export const hasRoom = (state: StudyState, round: number, spoolRoom: number | undefined): boolean =>
  spoolRoom === undefined || roundBytes(state, round) <= spoolRoom;
