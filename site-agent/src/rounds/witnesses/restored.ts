import type { SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../../state/index.js';
import { findAgreement } from '../agreements.js';
import { discardSeats } from '../seats/delete-seats.js';
import { siteRefused } from '../site-refused.js';
import { findUpload } from '../uploads.js';
import { STEPS, type Heard, type Signed } from './heard.js';

/** What a witness says: what it has from this site, and how far the study has come. */
export interface Testimony extends Heard {
  readonly witness: SiteName;
  /** 0 for no round. */
  readonly announced: number;
}

/** Rounds and blocks up to these are not this site's any more. */
export interface RestoredUpTo {
  readonly block: number;
  readonly round: number;
}

const Row = z.object({ block: z.number(), round: z.number() });

export function restoredUpTo(state: SiteState, study: StudyHash): RestoredUpTo | undefined {
  const row = state.database.prepare('SELECT block, round FROM study_restored WHERE study = ?').get(study);
  return row === undefined ? undefined : Row.parse(row);
}

/** @throws SiteRefused STATE_RESTORED for a round or a block of the time that this site has forgotten */
export function requireRemembered(
  state: SiteState,
  study: StudyHash,
  { block, round }: { readonly block: number; readonly round?: number },
): void {
  const floor = restoredUpTo(state, study);
  if (floor && (block <= floor.block || (round !== undefined && round <= floor.round))) throw siteRefused('STATE_RESTORED');
}

/**
 * Compares what others hold from this site with its own records, which were durable before anything left: one that it
 * does not know shows that its state is an older copy (PROTOCOL.md section 4, "Start of a session"). Its seats are then
 * discarded, and it keeps out of all that was announced.
 * @returns whether it was found just now
 */
export function heedWitnesses(state: SiteState, study: StudyHash, testimonies: readonly Testimony[]): boolean {
  const floor = restoredUpTo(state, study);
  const forgotten = testimonies.filter(
    ({ block, last }) =>
      (block !== undefined && block > (floor?.block ?? -1) && !knowsBlock(state, study, block)) ||
      (last !== undefined && last.round > (floor?.round ?? -1) && !knowsSigned(state, study, last)),
  );
  if (forgotten.length === 0) return false;
  const largest = (values: readonly (number | undefined)[]) => Math.max(...values.map((value) => value ?? -1));
  const block = largest([floor?.block, latestBlock(state, study), ...testimonies.map((testimony) => testimony.block)]);
  const round = largest([floor?.round, ...testimonies.flatMap(({ announced, last }) => [announced, last?.round])]);
  state.transaction(() => {
    state.database.prepare('INSERT OR REPLACE INTO study_restored (study, block, round) VALUES (?, ?, ?)').run(study, block, round);
    discardSeats(state, study);
  });
  state.eraseDeleted();
  return true;
}

/** The last round that this site knows to have been announced: the highest of its attempts. */
export function lastAnnounced(state: SiteState, study: StudyHash): number {
  const row = state.database.prepare('SELECT coalesce(max(round), 0) AS round FROM study_attempt WHERE study = ?').get(study);
  return z.object({ round: z.number() }).parse(row).round;
}

function latestBlock(state: SiteState, study: StudyHash): number | undefined {
  const row = state.database.prepare('SELECT max(block) AS block FROM study_block WHERE study = ?').get(study);
  return z.object({ block: z.number().nullable() }).parse(row).block ?? undefined;
}

function knowsBlock(state: SiteState, study: StudyHash, block: number): boolean {
  return state.database.prepare('SELECT 1 FROM study_block WHERE study = ? AND block = ?').get(study, block) !== undefined;
}

function knowsSigned(state: SiteState, study: StudyHash, { round, attempt, step }: Signed): boolean {
  const has = (table: string, condition: string) =>
    state.database
      .prepare(`SELECT 1 FROM ${table} WHERE study = ? AND round = ? AND attempt = ? AND ${condition}`)
      .get(study, round, attempt) !== undefined;
  switch (step) {
    case STEPS.upload:
      return findUpload(state, study, round, attempt) !== undefined;
    case STEPS.list:
      return has('study_attempt', 'list_root IS NOT NULL');
    case STEPS.release:
      return has('study_release', '1');
    case STEPS.fold:
      return has('study_attempt', 'fold_sha256 IS NOT NULL');
    default:
      // Round 0 is signed with the keys of an epoch, from a state that any site can compute.
      return round === 0 || findAgreement(state, study, round, attempt) !== undefined || has('study_state', '1');
  }
}
