import { ConsiliumError, type ResolvedStudy, type SiteName } from '@consilium/protocol';
import { RoundKind, type Contribute } from '@consilium/protocol/wire';

/** A round as the study and the signatures speak of it. */
export type RoundName = 'train' | 'evaluate';

const refused = (message: string) =>
  new ConsiliumError({
    code: 'ANNOUNCEMENT_REFUSED',
    errorClass: 'verification',
    message,
    fix: "Nothing is trained; ask the coordinator's admin how this announcement came about.",
  });

/**
 * What kind the study itself says that a round is: train rounds 1 to R, then one that only evaluates.
 * @throws ConsiliumError ANNOUNCEMENT_REFUSED for a round that the study does not have, or of another kind
 */
export function roundName(study: ResolvedStudy, round: number, kind: RoundKind): RoundName {
  const { rounds } = study.algorithm;
  if (round < 1 || round > rounds + 1) throw refused(`Round ${round} is not one of the study, which has ${rounds + 1}.`);
  const name = round > rounds ? 'evaluate' : 'train';
  const expected = name === 'train' ? RoundKind.ROUND_KIND_TRAIN : RoundKind.ROUND_KIND_EVALUATE;
  if (kind !== expected) throw refused(`Round ${round} of the study is to ${name}; something else was asked for.`);
  return name;
}

/** Whether a site looks at its own rows with the state before a round: every so many, and always in the last. */
export function isEvaluated(study: ResolvedStudy, round: number, name: RoundName): boolean {
  return name === 'evaluate' || (round - 1) % study.metrics.every === 0;
}

/** Whether a round carries metrics about the state before it. With noise only where the study pays for them. */
export function carriesMetrics(study: ResolvedStudy, round: number, name: RoundName): boolean {
  const { noise } = study.derived;
  return isEvaluated(study, round, name) && (noise === undefined || noise.tableVariance !== undefined);
}

/**
 * What a site asks of an announcement before it touches data: it was asked itself, with enough others, all of them
 * sites of the study (PROTOCOL.md section 4, steps 1 and 2).
 * @throws ConsiliumError ANNOUNCEMENT_REFUSED
 */
export function checkAnnouncement(study: ResolvedStudy, self: SiteName, { participants }: Pick<Contribute, 'participants'>): void {
  const sites = study.sites.names.filter((site) => participants.includes(site));
  if (sites.length !== participants.length) throw refused('The participants are not distinct sites of the study.');
  if (!sites.includes(self)) throw refused('This site is not among the participants of the round that it was asked to take part in.');
  const { m } = study.derived.thresholds;
  if (sites.length < m) throw refused(`${sites.length} sites were asked; the study never goes below ${m}.`);
}
