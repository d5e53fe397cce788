import {
  affordableRounds,
  BLOCK_ROUNDS,
  holdingKey,
  parsePair,
  PURPOSES,
  type Accountant,
  type LedgerState,
  type Purpose,
  type ReserveRequest,
} from '@consilium/ledger';
import { purposesOfRound, roundEvents } from '@consilium/privacy';
import type { Json, ResolvedStudy, StudyHash } from '@consilium/protocol';

/** What a ledger needs to know of a study. */
export interface LedgerStudy {
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
}

/**
 * The block of rounds that begins with `round`: the next 50 of the study, those among them that are held already, and of
 * the others as many as the budget has room for. The round itself is always among them, so that a budget without room for
 * it says so.
 */
export function blockFrom(state: LedgerState, accountant: Accountant, { hash, study }: LedgerStudy, round: number): ReserveRequest {
  const events = roundEvents(study);
  const holdings = state.studies.get(hash)?.holdings;
  const affordable = (purpose: Purpose, rounds: readonly number[]): readonly number[] => {
    const event = events[purpose];
    if (event === undefined) return [];
    const price = parsePair([...accountant.price(event as Json, state.terms.orders).deciding]);
    let room = affordableRounds(state, purpose, price);
    return rounds.filter((one) => {
      const status = holdings?.get(holdingKey(purpose, one))?.status;
      return status === 'reserved' || status === 'spent' || room-- > 0 || one === round;
    });
  };
  const last = study.algorithm.rounds;
  const training = affordable('training', roundsFrom(study, round, last, 'training'));
  // Tables of scores go with the training rounds, the one at the end with the last of them.
  const reached = training.at(-1) ?? last;
  const evaluation = affordable('evaluation', roundsFrom(study, round, reached === last ? last + 1 : reached, 'evaluation'));
  const chosen = { training, evaluation };
  const items = PURPOSES.flatMap((purpose) => {
    const event = events[purpose];
    return event === undefined || chosen[purpose].length === 0 ? [] : [{ purpose, event: event as Json, rounds: chosen[purpose] }];
  });
  return { study: hash, cohort: study.cohort.name, items };
}

function roundsFrom(study: ResolvedStudy, first: number, last: number, purpose: Purpose): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
    .filter((round) => purposesOfRound(study, round).includes(purpose))
    .slice(0, BLOCK_ROUNDS);
}
