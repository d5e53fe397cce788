import { fingerprintWords } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { ledgersHere } from '../../ledger/ledgers-here.js';
import { readPopulationLedger } from '../../ledger/index.js';
import type { SiteState } from '../../state/index.js';
import { fail, notRun, ok, type Check, type Found } from '../finding.js';

/** Every ledger read from its first line to its last: chain, signatures, sums. */
export function ledgerChecks(state: SiteState): readonly Check[] {
  const here = ledgersHere(state.layout);
  if (here.length === 0) return [{ name: 'ledger', group: 'site', look: () => notRun('this site has no ledger yet') }];
  return here.map((population) => ({
    name: `ledger ${population}`,
    group: 'site',
    look: async (): Promise<Found> => {
      try {
        const read = await readPopulationLedger(state, population);
        return read ? ok(`${read.size} entries, head ${fingerprintWords(read.root)}`) : notRun('it is gone');
      } catch (error) {
        if (!(error instanceof ConsiliumError)) throw error;
        return fail(error.code, error.message, error.fix, 'officer');
      }
    },
  }));
}
