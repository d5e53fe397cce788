import type { SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../../state/index.js';

/** Steps of PROTOCOL.md section 4 whose signatures other sites get to see. */
export const STEPS = { upload: 3, list: 5, release: 6, fold: 7, state: 9 } as const;

/** Something that a site has signed. */
export interface Signed {
  readonly round: number;
  readonly attempt: number;
  /** One of {@link STEPS}. */
  readonly step: number;
}

/** The last that a site has been heard of; −1 and undefined for nothing. */
export interface Heard {
  readonly block: number | undefined;
  readonly last: Signed | undefined;
}

const number = z.number().nullable();
const Row = z
  .object({ block: number, round: number, attempt: number, step: number })
  .transform(({ block, round, attempt, step }): Heard => ({
    block: block ?? undefined,
    last: round === null || attempt === null || step === null ? undefined : { round, attempt, step },
  }));

/** @returns nothing heard where there is no record */
export function heardOf(state: SiteState, study: StudyHash, site: SiteName): Heard {
  const row = state.database.prepare('SELECT block, round, attempt, step FROM study_heard WHERE study = ? AND site = ?').get(study, site);
  return row === undefined ? { block: undefined, last: undefined } : Row.parse(row);
}

/** Keeps what these sites have signed, where it is later (in the order of rounds, attempts and steps) than what was known. */
export function hear(state: SiteState, study: StudyHash, sites: Iterable<SiteName>, signed: Signed): void {
  const save = state.database.prepare(
    `INSERT INTO study_heard (study, site, round, attempt, step) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (study, site) DO UPDATE SET round = excluded.round, attempt = excluded.attempt, step = excluded.step
     WHERE round IS NULL OR (excluded.round, excluded.attempt, excluded.step) > (round, attempt, step)`,
  );
  state.transaction(() => {
    for (const site of sites) save.run(study, site, signed.round, signed.attempt, signed.step);
  });
}

/** Keeps whose seats of a block this site has seen. */
export function hearSeats(state: SiteState, study: StudyHash, sites: Iterable<SiteName>, block: number): void {
  const save = state.database.prepare(
    `INSERT INTO study_heard (study, site, block) VALUES (?, ?, ?)
     ON CONFLICT (study, site) DO UPDATE SET block = max(coalesce(block, -1), excluded.block)`,
  );
  state.transaction(() => {
    for (const site of sites) save.run(study, site, block);
  });
}
