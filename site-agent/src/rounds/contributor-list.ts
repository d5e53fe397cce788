import { ConsiliumError, SiteName as SiteNameSchema, type SiteName, type StudyHash } from '@consilium/protocol';
import type { Contributor } from '@consilium/protocol/wire';
import type { VerifyStatement } from './study-members.js';

/** What a list of contributors is checked against. */
export interface ListRules {
  readonly consortium: string;
  readonly study: StudyHash;
  readonly keyEpoch: number;
  readonly round: number;
  readonly attempt: number;
  /** Who had been asked. */
  readonly participants: readonly string[];
  /** m. */
  readonly minSites: number;
  readonly mandatory: readonly SiteName[];
  /** Exact length of a contribution, bytes. */
  readonly uploadBytes: number;
  /** This site, and the SHA-256 (hex) of what it uploaded in this attempt, if it did. */
  readonly self: SiteName;
  readonly ownUpload: string | undefined;
}

const refused = (message: string) =>
  new ConsiliumError({
    code: 'LIST_REFUSED',
    errorClass: 'verification',
    message,
    fix: "The sum is not opened; ask the coordinator's admin how the list came about.",
  });

/**
 * The signed list of those whose contributions a sum holds: never a silent subset (PROTOCOL.md section 4, steps 4, 5).
 * @returns the contributors, in the order given
 * @throws ConsiliumError LIST_REFUSED naming what does not hold
 */
export function checkContributors(list: readonly Contributor[], rules: ListRules, verify: VerifyStatement): readonly SiteName[] {
  const sites = list.map(({ site }) => SiteNameSchema.safeParse(site)).flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (sites.length !== list.length || new Set(sites).size !== sites.length)
    throw refused('The list of contributors names a site twice, or something that is no site.');
  const stranger = sites.find((site) => !rules.participants.includes(site));
  if (stranger !== undefined) throw refused(`Contributor ${stranger} was not asked to take part.`);
  if (sites.length < rules.minSites)
    throw refused(`The sum has ${sites.length} contributors; the study asks for at least ${rules.minSites}.`);
  const missing = rules.mandatory.find((site) => !sites.includes(site));
  if (missing !== undefined) throw refused(`The sum lacks ${missing}, which the study requires.`);
  for (const [index, site] of sites.entries()) checkEntry(list[index], site, rules, verify);
  return sites;
}

function checkEntry(entry: Contributor | undefined, site: SiteName, rules: ListRules, verify: VerifyStatement): void {
  if (!entry || entry.uploadBytes !== BigInt(rules.uploadBytes))
    throw refused(`The contribution of ${site} does not have the study's length.`);
  const { consortium, study, keyEpoch, round, attempt } = rules;
  const sha256 = Buffer.from(entry.uploadSha256).toString('hex');
  const statement = { consortium, study, site, keyEpoch, round, attempt, bytes: rules.uploadBytes, sha256 };
  if (!/^[0-9a-f]{64}$/.test(sha256) || !verify('upload', site, statement, entry.signature))
    throw refused(`The signature of ${site} over its contribution is not valid.`);
  if (site === rules.self && sha256 !== rules.ownUpload) throw refused('The list names a contribution of this site that it did not make.');
}
