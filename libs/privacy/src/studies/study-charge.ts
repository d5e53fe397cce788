import { ConsiliumError } from '@consilium/protocol';
import { chargeOf, timesCharge, type Charge } from '../filter/charge.js';
import type { FilterTerms } from '../filter/filter-terms.js';
import { plannedEvents, roundEvents, type NoisyStudy } from './planned-events.js';
import type { StudyPart } from './study-part.js';

/**
 * What a whole study adds to a ledger's sum of one part, as the ledger counts it: round by round, each price rounded up.
 * @returns undefined where the study releases nothing of that part, `unbounded` where no number can hold it
 */
export function studyCharge(study: NoisyStudy, part: StudyPart, terms: Pick<FilterTerms, 'orders'>): Charge | 'unbounded' | undefined {
  const event = roundEvents(study)[part];
  const rounds = part === 'training' ? study.algorithm.rounds : (plannedEvents(study).evaluation?.steps ?? 0);
  if (event === undefined) return undefined;
  try {
    return timesCharge(chargeOf(event, terms), rounds);
  } catch (error) {
    if (error instanceof ConsiliumError && error.code === 'CHARGE_UNBOUNDED') return 'unbounded';
    throw error;
  }
}
