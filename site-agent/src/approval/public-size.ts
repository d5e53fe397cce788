import type { CohortReport } from '@consilium/cohort';
import { publicSize, type ResolvedStudy } from '@consilium/protocol';
import { siteRefused } from '../rounds/site-refused.js';

/** What this site says of its size in public: two digits of its training patients, and nothing of the rest. */
export const ownPublicSize = ({ train }: Pick<CohortReport, 'train'>): number => publicSize(train.patients);

/** The step from one public size to the next: one in its second digit. */
const unitOf = (size: number): number => 10 ** (String(size).length - 2);

/**
 * Sums are divided by what the study says of each site's size, so that a wrong size weighs a site wrongly. One step
 * aside is allowed: a patient more or less may be that.
 * @throws SiteRefused PUBLIC_SIZE
 */
export function checkPublicSize({ sites }: ResolvedStudy, site: string, report: Pick<CohortReport, 'train'>): void {
  const said = Object.entries(sites.publicSizes ?? {}).find(([name]) => name === site)?.[1];
  if (said === undefined) return;
  const own = ownPublicSize(report);
  if (Math.abs(said - own) > unitOf(own))
    throw siteRefused('PUBLIC_SIZE', {}, new Error(`the study says ${said}; the public size of this site is ${own}`));
}
