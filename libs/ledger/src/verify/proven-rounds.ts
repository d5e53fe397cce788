import { canonicalJson, type Json, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import { purposesOfRound, roundEvents } from '@consilium/privacy';
import type { KeysOf } from '../budget/abort-certificate.js';
import type { KeyReader } from '../signatures.js';
import { checkReserveEvidence, type EvidenceFault } from './check-evidence.js';
import { unpackEvidence } from './pack-evidence.js';

/** Whose reserve for which study. */
export interface StudyReserve {
  readonly consortium: string;
  readonly site: string;
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
  readonly keysOf: KeysOf;
  readonly readKey: KeyReader;
}

/** `missing`: there is none; `rounds`: it holds for no round of the study. */
export type ReserveFault = EvidenceFault | 'missing' | 'rounds';

/**
 * The rounds of a study for which a site has proved that it reserved all that they cost (PROTOCOL.md section 4, step 1).
 * @param packed - as `packEvidence` made it
 * @returns ascending
 */
export function provenRounds(
  packed: Uint8Array,
  { consortium, site, hash, study, keysOf, readKey }: StudyReserve,
): readonly number[] | ReserveFault {
  if (packed.length === 0) return 'missing';
  const evidence = unpackEvidence(packed);
  if (evidence === undefined) return 'form';
  const events = roundEvents(study);
  const planned = (purpose: keyof typeof events): string => {
    const event = events[purpose];
    return event === undefined ? '' : textOf(event as Json);
  };
  const proven = checkReserveEvidence(evidence, {
    consortium,
    site,
    study: hash,
    sites: study.sites.names,
    isPlanned: ({ purpose, event }) => textOf(event) === planned(purpose),
    keysOf,
    readKey,
  });
  if (typeof proven === 'string') return proven;
  const rounds = Array.from({ length: study.algorithm.rounds + 1 }, (_, index) => index + 1).filter((round) =>
    purposesOfRound(study, round).every((purpose) => proven.rounds.get(purpose)?.has(round) === true),
  );
  return rounds.length === 0 ? 'rounds' : rounds;
}

const textOf = (event: Json): string => canonicalJson(event).toString('utf8');
