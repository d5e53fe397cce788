import { ConsiliumError, type SealParametersOf, type StudyFile } from '@consilium/protocol';
import { fits, shownBudget, type ShownBudget } from '../filter/budget-filter.js';
import { addCharges, chargeOf, type Charge } from '../filter/charge.js';
import { noiseForStudy } from './noise-for-study.js';
import { purposesOfRound, roundEvents, type NoisyStudy } from './planned-events.js';
import type { PopulationLedger } from './population-ledger.js';
import { roundsForStudy } from './rounds-for-study.js';
import { studyCharge } from './study-charge.js';
import { STUDY_PARTS } from './study-part.js';
import { ledgerWithoutRoom, type NoisyStudyFile } from './study-target.js';

/** What a study makes of a population's budget if it runs to its end. */
export interface LedgerUse {
  readonly before: ShownBudget;
  /** Undefined where its cost has no bound. */
  readonly after: ShownBudget | undefined;
  readonly fits: boolean;
}

/** At the ledger's own orders, which is never less than what it will have counted at the end (PROTOCOL.md section 7). */
export function afterStudy(study: NoisyStudy, ledger: PopulationLedger): LedgerUse {
  const { terms, held } = ledger;
  const after: Charge[] = [];
  for (const part of STUDY_PARTS) {
    const charge = studyCharge(study, part, terms);
    if (charge !== 'unbounded') after.push(charge === undefined ? held[part] : addCharges(held[part], charge));
  }
  return {
    before: shownBudget(terms, [held.training, held.evaluation]),
    after: after.length === STUDY_PARTS.length ? shownBudget(terms, after) : undefined,
    fits: STUDY_PARTS.every((part) => ledgerWithoutRoom(study, part, [ledger]) === undefined),
  };
}

/** The same of the first round alone: what a ledger must have room for, or the study cannot begin. */
export function afterFirstRound(study: NoisyStudy, { terms, held }: PopulationLedger): Pick<LedgerUse, 'after' | 'fits'> {
  const events = roundEvents(study);
  const purposes = purposesOfRound(study, 1);
  try {
    const sums = purposes.flatMap((purpose) => {
      const event = events[purpose];
      return event === undefined ? [] : [addCharges(held[purpose], chargeOf(event, terms))];
    });
    return { after: shownBudget(terms, sums), fits: sums.every((sum) => fits(terms, sum)) };
  } catch (error) {
    if (error instanceof ConsiliumError && error.code === 'CHARGE_UNBOUNDED') return { after: undefined, fits: false };
    throw error;
  }
}

/**
 * Refuses a study that a ledger would stop before its end, and says how many rounds and which noise multiplier fit.
 * @throws ConsiliumError BUDGET_EXHAUSTED
 */
export function requireRoom(file: StudyFile, study: NoisyStudy, ledger: PopulationLedger, sealParametersOf: SealParametersOf): void {
  const { after, fits: enough } = afterStudy(study, ledger);
  if (enough) return;
  const target = { ledgers: [ledger] };
  const rounds = orNothing(() => roundsForStudy(file, target, sealParametersOf));
  const noise = orNothing(() => noiseForStudy(file, target, sealParametersOf));
  const ways = [
    ...(rounds === undefined ? [] : [roundsWay(rounds.algorithm.rounds)]),
    ...(noise === undefined ? [] : [noiseWay(noise, file)]),
    "ask the site's officer to raise the limit at the site",
  ].join(', or ');
  const reach = after === undefined ? 'past any epsilon' : `to epsilon ${after.epsilonUsed.toFixed(2)}`;
  throw new ConsiliumError({
    code: 'BUDGET_EXHAUSTED',
    errorClass: 'refused',
    message: `This study would bring ${ledger.name} ${reach}; its limit is ${ledger.terms.epsilonMax.toFixed(2)}.`,
    fix: `${ways.charAt(0).toUpperCase()}${ways.slice(1)}.`,
  });
}

const roundsWay = (rounds: number): string => `take at most ${rounds} rounds (consilium study check FILE --rounds ${rounds})`;

function noiseWay({ privacy, metrics }: NoisyStudyFile, file: StudyFile): string {
  const table = metrics.noiseMultiplier;
  const more = table === undefined || table <= (file.metrics.noiseMultiplier ?? 0) ? '' : ` and a metrics.noiseMultiplier of ${table}`;
  return `take a privacy.noiseMultiplier of at least ${privacy.noiseMultiplier}${more}`;
}

/** What cannot be found is not offered. */
function orNothing<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}
