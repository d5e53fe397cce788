import type { ReadLedger } from '@consilium/ledger';
import { ConsiliumError, PopulationName } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { readPopulationLedger } from '../ledger/index.js';
import type { SiteState } from '../state/index.js';

/** A ledger that somebody looks at, or decides on. */
export interface OnLedger {
  readonly population: PopulationName;
  readonly state: SiteState;
  readonly config: SiteConfig;
  readonly read: ReadLedger;
}

/** The ledger of a population as it lies on disk. @throws ConsiliumError LEDGER_UNKNOWN, LEDGER_INVALID */
export async function onLedger(state: SiteState, config: SiteConfig, name: string): Promise<OnLedger> {
  const population = PopulationName.safeParse(name).data;
  const read = population && (await readPopulationLedger(state, population));
  if (read) return { population, state, config, read };
  throw new ConsiliumError({
    code: 'LEDGER_UNKNOWN',
    errorClass: 'usage',
    message: `This site has no ledger of a population ${name}.`,
    fix: 'It is made when a study with a patient mode first runs over the population; until then populations.NAME.privacy in site.yaml says what it will be.',
  });
}
