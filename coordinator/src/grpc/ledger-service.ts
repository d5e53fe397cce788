import { PopulationName } from '@consilium/protocol';
import type { LedgerServiceServer } from '@consilium/protocol/wire';
import type { LedgerMirror } from '../ledgers/index.js';
import { forSite, type CallContext } from './handlers.js';

/** The mirror of the sites' ledgers, each for its own site. */
export function ledgerService(context: CallContext, mirror: LedgerMirror): LedgerServiceServer {
  return {
    mirror: forSite(context, 'Ledger.Mirror', async (site, { population, from, lines, checkpoint }) => ({
      size: await mirror.store(site, { population: PopulationName.parse(population), from, lines, checkpoint }),
    })),
    tail: forSite(context, 'Ledger.Tail', async (site, { population, from }) => {
      const { lines, note, size } = await mirror.tail({ site, population: PopulationName.parse(population) }, from);
      return { lines: [...lines], checkpoint: note?.note ?? '', size };
    }),
  };
}
