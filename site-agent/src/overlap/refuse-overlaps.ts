import { ConsiliumError, type SiteRefusal } from '@consilium/protocol';
import type { SiteCohort } from '../config/index.js';
import type { Overlap } from './find-overlaps.js';

const named = ({ name, population }: SiteCohort): string => `${name} (population ${population})`;

/** For people at this site: names and whole percents, no counts. */
export function overlapSentence(overlap: Overlap): string {
  const [own, other] = [named(overlap.own), named(overlap.other)];
  switch (overlap.kind) {
    case 'shared':
      return `Cohorts ${own} and ${other} share ${Math.round(overlap.share * 100)}% of the patients of the smaller one, and each population counts them in a ledger of its own.`;
    case 'unreadable':
      return `Whether cohorts ${own} and ${other} share patients is not known, as ${overlap.other.name} cannot be read: ${overlap.cause.message}`;
    case 'not-comparable':
      return `Whether cohorts ${own} and ${other} share patients is not known: a population without patientId has no identifiers to compare.`;
    case 'declared':
      return `Cohorts ${own} and ${other} are declared to share patients: what such a patient spends in one ledger does not count in the other.`;
  }
}

/** A study that would count patients a second time, or might. Of the two cohorts only the study's population may leave the site. */
export class OverlapRefused extends ConsiliumError {
  readonly refusal: SiteRefusal;

  constructor(overlap: Extract<Overlap, { kind: 'shared' | 'unreadable' }>) {
    const { own, other, kind } = overlap;
    const declare = `declare the overlap there: populations.${own.population}.overlaps: [${other.population}]`;
    const refusal: SiteRefusal =
      kind === 'shared' ? { code: 'POPULATION_OVERLAP', fields: { population: own.population } } : { code: 'DATA_UNREADABLE', fields: {} };
    super({
      code: refusal.code,
      errorClass: 'refused',
      message: overlapSentence(overlap),
      fix:
        kind === 'shared'
          ? `Put both cohorts into one population in site.yaml, or ${declare}`
          : `Correct the source of cohort ${other.name} or the patientId of its population in site.yaml, or ${declare}`,
      ...(kind === 'shared' ? {} : { cause: overlap.cause }),
    });
    this.refusal = refusal;
  }
}

/**
 * @returns what an officer should know although it forbids nothing: cohorts that cannot be compared, or were declared
 * @throws OverlapRefused POPULATION_OVERLAP, DATA_UNREADABLE
 */
export function refuseOverlaps(overlaps: readonly Overlap[]): readonly string[] {
  for (const overlap of overlaps) if (overlap.kind === 'shared' || overlap.kind === 'unreadable') throw new OverlapRefused(overlap);
  return overlaps.map(overlapSentence);
}
