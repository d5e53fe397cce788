import type { ResolvedStudy } from '@consilium/protocol';
import type { SiteFit, SiteView } from './site-views.js';

/** Which of a study's sites could take part, as far as the coordinator can tell: it never sees their data. */
export function sitesThatFit(study: ResolvedStudy, sites: readonly SiteView[]): readonly SiteFit[] {
  return study.sites.names.map((name) => {
    const site = sites.find((candidate) => candidate.site === name);
    const say = (sentence: string, fix: string | null, couldRun = false): SiteFit => ({
      site: name,
      couldRun,
      connected: site?.connected ?? false,
      sentence,
      fix,
    });
    if (!site) return say('No site of this name is known.', `Invite it: consilium site invite ${name}.`);
    if (site.state === 'invited') return say('The site has not joined yet.', 'Its IT runs consilium-site join with the token.');
    if (site.state === 'pending') return say('The site waits to be admitted.', `Admit it: consilium site admit ${name}.`);
    if (site.state === 'revoked') return say('The site is no longer a member.', 'Leave it out of the study.');
    if (site.lastSeen === null)
      return say('The site has never connected, so its cohorts are unknown.', 'Its IT starts the agent: consilium-site run.');
    if (!site.cohorts.includes(study.cohort.name))
      return say(
        `The site offers no cohort named ${study.cohort.name}.`,
        'Its IT adds the cohort to site.yaml, or the study names another.',
      );
    return say(site.connected ? 'Ready.' : 'Offers the cohort, but is not connected now.', null, true);
  });
}
