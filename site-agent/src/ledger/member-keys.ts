import { rosterInForce, rosterOfEpoch, type SiteState } from '../state/index.js';

/**
 * All identity keys that the rosters have given each site, newest last, up to the epoch that this site has countersigned;
 * before that nobody's signature counts here. A site that has left keeps its past keys: what it signed then stays signed.
 */
export function memberKeys(state: SiteState): (site: string) => readonly Uint8Array[] {
  let known: { readonly epoch: number; readonly keys: ReadonlyMap<string, readonly Uint8Array[]> } | undefined;
  return (site) => {
    const newest = rosterInForce(state)?.epoch;
    if (newest === undefined) return [];
    if (known?.epoch !== newest) known = { epoch: newest, keys: keysUpTo(state, newest) };
    return known.keys.get(site) ?? [];
  };
}

function keysUpTo(state: SiteState, newest: number): ReadonlyMap<string, readonly Uint8Array[]> {
  const keys = new Map<string, Uint8Array[]>();
  for (let epoch = 0; epoch <= newest; epoch += 1)
    for (const { site, identityKey } of rosterOfEpoch(state, epoch)?.members ?? []) {
      const others = (keys.get(site) ?? []).filter((one) => !Buffer.from(one).equals(identityKey));
      keys.set(site, [...others, identityKey]);
    }
  return keys;
}
