import { ConsiliumError, type NoisyPrivacy, type StudyFile } from '@consilium/protocol';
import { admits } from '../filter/budget-filter.js';
import { LARGEST_ORDER } from '../rdp/orders.js';
import { rateValue } from '../samplers/sampling-rate.js';
import { epsilonText } from './epsilon-text.js';
import { plannedEvents, type NoisyStudy } from './planned-events.js';
import type { PopulationLedger } from './population-ledger.js';
import { studyCharge } from './study-charge.js';
import { partEpsilon } from './study-epsilon.js';
import type { StudyPart } from './study-part.js';

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

/** The study that comes nearest to a target that cannot be reached, and how to say so. */
export interface Nearest {
  readonly study: NoisyStudy;
  readonly part: StudyPart;
  /** What it is, before a comma or a clause: `Even with one round`. */
  readonly what: string;
  /** What else could be changed: `fewer rounds`. */
  readonly instead: string;
}

/** Why nothing was found: EPSILON_UNREACHABLE where the study's own epsilon is too large, else BUDGET_EXHAUSTED. */
export function unreachable(target: StudyTarget, { study, part, what, instead }: Nearest): ConsiliumError {
  const epsilon = partEpsilon(study, part);
  const { privacy } = study;
  if (privacy.mode !== 'none' && target.epsilon !== undefined && epsilon > target.epsilon)
    return new ConsiliumError({
      code: 'EPSILON_UNREACHABLE',
      errorClass: 'refused',
      message: `${what} the ${part} patients still pay epsilon ${epsilonText(Number.isFinite(epsilon) ? epsilon : 'unbounded')} at delta ${privacy.delta}; ${target.epsilon} was asked for.`,
      fix: isSampled(study, part)
        ? `Ask for a larger epsilon, or take a larger delta, ${instead} or sampling 1: the orders of sampled steps end at ${LARGEST_ORDER}.`
        : `Ask for a larger epsilon, or take a larger delta or ${instead}.`,
    });
  const ledger = ledgerWithoutRoom(study, part, target.ledgers);
  return new ConsiliumError({
    code: 'BUDGET_EXHAUSTED',
    errorClass: 'refused',
    message: `${what} the study does not fit what is left of the limit ${ledger?.terms.epsilonMax ?? ''} of ${ledger?.name ?? 'a population'}.`,
    fix: `Take ${instead}, or ask the site's officer to raise the limit at the site; what was spent stays spent.`,
  });
}

function isSampled(study: NoisyStudy, part: StudyPart): boolean {
  const q = plannedEvents(study)[part]?.q;
  return q !== undefined && rateValue(q) < 1;
}
