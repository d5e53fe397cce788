import type { Ledger } from '@consilium/ledger';
import type { PopulationName } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { deleteEarlierKey, earlierKeyFiles, earlierKeys } from '../keys/index.js';
import type { StateLayout } from '../state/index.js';
import { ledgersHere } from './ledgers-here.js';

/**
 * Deletes the earlier identity keys that signed a ledger, once every ledger here has been handed on to the present key and
 * a quorum has cosigned that. Called again it does what was not done.
 * @param own - the present identity key, 32 bytes
 * @param open - the ledgers that are in use
 */
export async function forgetEarlierKeys(
  layout: StateLayout,
  config: Pick<SiteConfig, 'keyFiles'>,
  own: Uint8Array,
  open: readonly { readonly population: PopulationName; readonly ledger: Ledger }[],
): Promise<void> {
  if (earlierKeyFiles(layout).length === 0) return;
  const present = hex(own);
  const handedOn = open.filter(
    ({ ledger: { state, published } }) => state.keys.at(-1) === present && (published?.size ?? 0) > state.keySince,
  );
  if (!ledgersHere(layout).every((population) => handedOn.some((one) => one.population === population))) return;
  // An agent that still runs under the key that a `join --new-keys` has just put aside deletes no key that it signs with.
  const signedBefore = new Set(handedOn.flatMap(({ ledger }) => ledger.state.keys.slice(0, -1)));
  for (const key of await earlierKeys(layout, config)) if (signedBefore.has(hex(key.signer.publicKey))) deleteEarlierKey(key);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
