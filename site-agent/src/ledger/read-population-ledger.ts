import { readIdentityKey } from '@consilium/identity';
import { ledgerPlace, NODE_FILES, readLedger, type ReadLedger } from '@consilium/ledger';
import type { PopulationName } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';
import { memberKeys } from './member-keys.js';

/**
 * The ledger of a population as it lies on disk, also while the agent writes; looking changes nothing.
 * @returns undefined where this site has none
 * @throws ConsiliumError LEDGER_INVALID
 */
export function readPopulationLedger(state: SiteState, population: PopulationName): Promise<ReadLedger | undefined> {
  const world = { keysOf: memberKeys(state), readKey: readIdentityKey };
  return readLedger(NODE_FILES, ledgerPlace(state.layout.ledgers, population), population, world);
}
