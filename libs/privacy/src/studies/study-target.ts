import { ConsiliumError, type NoisyPrivacy, type StudyFile } from '@consilium/protocol';
import { admits } from '../filter/budget-filter.js';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import { LARGEST_ORDER } from '../rdp/orders.js';
import { epsilonText } from './epsilon-text.js';
import { plannedEvents, type NoisyStudy } from './planned-events.js';
import type { PopulationLedger } from './population-ledger.js';
import { studyCharge, type StudyPart } from './study-charge.js';

/** What a study is to keep to. */
export interface StudyTarget {
  /** Of the study's own epsilon, by RDP at its own delta; only the ledgers count where it is left out. */
  readonly epsilon?: number | undefined;
  /** Each must have room for the whole study, at its own orders. */
  readonly ledgers: readonly PopulationLedger[];
}

/** A study file with noise. */
export type NoisyStudyFile = StudyFile & { readonly privacy: NoisyPrivacy };

/** @throws ConsiliumError EPSILON_WITHOUT_NOISE in mode `none` */
export function requireNoise(file: StudyFile): NoisyStudyFile {
  const { privacy } = file;
  if (privacy.mode !== 'none') return { ...file, privacy };
  throw new ConsiliumError({
    code: 'EPSILON_WITHOUT_NOISE',
    errorClass: 'usage',
    message: 'A study of mode none has no epsilon to plan for.',
    fix: 'Choose another privacy.mode: consilium study new NAME --template tabular-private shows one.',
  });
}

/** By RDP, whatever the study releases of one part; 0 where it releases nothing. */
export function partEpsilon(study: NoisyStudy, part: StudyPart): number {
  const event = plannedEvents(study)[part];
  return event === undefined || study.privacy.mode === 'none' ? 0 : rdpEpsilon(event, study.privacy.delta);
}

/** The first ledger without room for one part of the study. */
export function ledgerWithoutRoom(study: NoisyStudy, part: StudyPart, ledgers: readonly PopulationLedger[]): PopulationLedger | undefined {
  return ledgers.find(({ terms, held }) => {
    const charge = studyCharge(study, part, terms);
    return charge === 'unbounded' || (charge !== undefined && !admits(terms, held[part], charge));
  });
}

export function keepsTo({ epsilon, ledgers }: StudyTarget, study: NoisyStudy, part: StudyPart): boolean {
  return (epsilon === undefined || partEpsilon(study, part) <= epsilon) && ledgerWithoutRoom(study, part, ledgers) === undefined;
}

/**
 * Why nothing was found.
 * @param nearest - the study that comes nearest, such as the one with the most noise
 * @param what - it, in words: `With a noise multiplier of 1000`
 */
export function unreachable(target: StudyTarget, nearest: NoisyStudy, part: StudyPart, what: string): ConsiliumError {
  const { privacy } = nearest;
  const epsilon = partEpsilon(nearest, part);
  const ledger = ledgerWithoutRoom(nearest, part, target.ledgers);
  if (privacy.mode !== 'none' && target.epsilon !== undefined && epsilon > target.epsilon) {
    const sampled = (plannedEvents(nearest)[part]?.q.numerator ?? 0) < 2 ** (plannedEvents(nearest)[part]?.q.bits ?? 0);
    return new ConsiliumError({
      code: 'EPSILON_UNREACHABLE',
      errorClass: 'refused',
      message: `${what} the ${part} patients still pay epsilon ${epsilonText(Number.isFinite(epsilon) ? epsilon : 'unbounded')} at delta ${privacy.delta}; ${target.epsilon} was asked for.`,
      fix: sampled
        ? `Ask for a larger epsilon, or take a larger delta, fewer rounds or sampling 1: the orders of sampled steps end at ${LARGEST_ORDER}.`
        : 'Ask for a larger epsilon, or take a larger delta, fewer rounds or more noise.',
    });
  }
  return new ConsiliumError({
    code: 'BUDGET_EXHAUSTED',
    errorClass: 'refused',
    message: `${what} the study still does not fit what is left of the limit ${ledger?.terms.epsilonMax ?? ''} of ${ledger?.name ?? 'a population'}.`,
    fix: "Ask the site's officer to raise the limit at the site; what was spent stays spent.",
  });
}
