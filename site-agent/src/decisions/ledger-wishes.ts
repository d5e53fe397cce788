import type { Decision } from '@consilium/ledger';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { rosterInForce, type SiteState } from '../state/index.js';
import type { OnLedger } from './on-ledger.js';

const usage = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'usage', message, fix });

/** A new limit, as it was typed. @throws ConsiliumError INVALID_EPSILON, LIMIT_ABOVE_SETTINGS */
export function limitOf(epsilon: string, { population, config }: OnLedger): Decision {
  const epsilonMax = /^(?:0|[1-9]\d{0,5})(?:\.\d{1,6})?$/.test(epsilon) ? Number(epsilon) : 0;
  if (epsilonMax <= 0)
    throw usage(
      'INVALID_EPSILON',
      '--epsilon is not an epsilon.',
      'Give a decimal number above 0, such as 6 or 4.5; to admit nothing: consilium-site ledger freeze',
    );
  const ceiling = config.budgets.get(population)?.epsilonLimit;
  if (ceiling !== undefined && epsilonMax > ceiling)
    throw usage(
      'LIMIT_ABOVE_SETTINGS',
      `site.yaml allows population ${population} an epsilon of ${ceiling} at most, and a limit above that is lowered to it whenever the agent starts.`,
      `Let site IT raise populations.${population}.privacy.epsilonLimit in site.yaml and start the agent again, then run this command.`,
    );
  return { kind: 'limit', epsilonMax };
}

/** More witnesses, as they were typed. @throws ConsiliumError SITE_UNKNOWN, WITNESSES_IN_SETTINGS */
export function addedOf(add: string, { population, config, state }: OnLedger): Decision {
  const names = add.split(',').map((name) => name.trim());
  const sites = names.flatMap((name) => SiteName.safeParse(name).data ?? []);
  const stranger = names.find((name) => !isMember(state, name));
  if (stranger !== undefined || sites.length === 0)
    throw usage(
      'SITE_UNKNOWN',
      `${stranger === '' || stranger === undefined ? 'A site without a name' : stranger.slice(0, 40)} is not on the roster that this site has countersigned.`,
      'Look at: consilium-site roster show; a site that has just joined counts after consilium-site roster countersign.',
    );
  requireSettings(config, population, sites);
  return { kind: 'witnesses', add: sites };
}

function isMember(state: SiteState, name: string): boolean {
  return rosterInForce(state)?.members.some(({ site }) => site === name) === true;
}

/** Where `site.yaml` names the witnesses, a study with others is refused whatever the ledger says. */
function requireSettings({ budgets }: Pick<SiteConfig, 'budgets'>, population: string, sites: readonly SiteName[]): void {
  const named = budgets.get(population)?.witnesses;
  const missing = named === undefined ? [] : sites.filter((site) => !named.includes(site));
  if (missing.length === 0) return;
  throw usage(
    'WITNESSES_IN_SETTINGS',
    `site.yaml names the witnesses of population ${population}, and ${missing.join(', ')} is not among them.`,
    `Let site IT add it to populations.${population}.privacy.witnesses in site.yaml and start the agent again, then run this command.`,
  );
}
