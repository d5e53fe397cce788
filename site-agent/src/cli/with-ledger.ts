import type { ReadLedger } from '@consilium/ledger';
import { ConsiliumError, PopulationName } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { readPopulationLedger } from '../ledger/index.js';
import type { SiteState } from '../state/index.js';
import type { CliIo } from './cli-io.js';
import type { GlobalOptions } from './command-frame.js';
import { configFile, withState } from './workplace.js';

/** A ledger that somebody looks at, or decides on. */
export interface OnLedger {
  readonly population: PopulationName;
  readonly state: SiteState;
  readonly config: SiteConfig;
  readonly read: ReadLedger;
}

/** The ledger of a population as it lies on disk. @throws ConsiliumError LEDGER_UNKNOWN, LEDGER_INVALID */
export function withLedger<T>(io: CliIo, globals: GlobalOptions, name: string, work: (at: OnLedger) => T | Promise<T>): Promise<T> {
  return withState(configFile(globals.config, io), async (state, config) => {
    const population = PopulationName.safeParse(name).data;
    const read = population && (await readPopulationLedger(state, population));
    if (read) return work({ population, state, config, read });
    throw new ConsiliumError({
      code: 'LEDGER_UNKNOWN',
      errorClass: 'usage',
      message: `This site has no ledger of a population ${name}.`,
      fix: 'It is made when a study with a patient mode first runs over the population; until then populations.NAME.privacy in site.yaml says what it will be.',
    });
  });
}
