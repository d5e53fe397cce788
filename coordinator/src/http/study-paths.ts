import type { Json } from '@consilium/protocol';
import { z } from 'zod';
import type { Places } from './page.js';
import type { RoundView, StudySummary, StudyView } from './study-views.js';

const StudyPlace = z.tuple([z.string(), z.string()]);

/** Newest first; of one moment by hash, downwards. */
export const STUDY_PLACES: Places<StudySummary, typeof StudyPlace> = {
  schema: StudyPlace,
  placeOf: ({ proposedAt, hash }) => [proposedAt, hash],
  isBehind: (study, [at, hash]) => study.proposedAt < at || (study.proposedAt === at && study.hash < hash),
};

const RoundPlace = z.tuple([z.int(), z.int()]);

/** One row per attempt, oldest first. */
export const ROUND_PLACES: Places<RoundView, typeof RoundPlace> = {
  schema: RoundPlace,
  placeOf: ({ round, attempt }) => [round, attempt],
  isBehind: (row, [round, attempt]) => row.round > round || (row.round === round && row.attempt > attempt),
};

/** What a person decides by who launches, stops or goes on with a study: see `requireMatch`. */
export const decidingOf = ({ hash, state, approvals, sites }: StudyView): Json => [
  hash,
  state,
  approvals.map(({ site, release }) => [site, release]),
  sites.filter((site) => site.state === 'refused').map(({ site, code }) => [site, code]),
];
