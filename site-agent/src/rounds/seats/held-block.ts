import { seatsDigest, sharesDigest, type SiteName } from '@consilium/protocol';
import type { HoldShares, SeatAdvert } from '@consilium/protocol/wire';
import type { SiteState } from '../../state/index.js';
import { findBlock } from './blocks.js';
import type { BlockName } from './seat-secrets.js';

/** One member of a block that this site holds shares of. */
export interface BlockMember {
  readonly advert: SeatAdvert;
  /** Its place among those who sent shares. */
  readonly sender: number;
  /** `seatsDigest` and `sharesDigest`, hex. */
  readonly seats: string;
  readonly shares: string;
}

export type HeldBlock = ReadonlyMap<SiteName, BlockMember>;

/** Enough for the studies of a site that are under way. */
const MOST = 8;
const read = new WeakMap<SiteState, Map<string, HeldBlock>>();

/**
 * Who is in a block that this site holds the shares of (U2), by site; undefined where it holds none. What is kept of a
 * block never changes until it is deleted, and four steps of every attempt look at it: it is taken apart once.
 */
export function heldBlock(state: SiteState, name: BlockName): HeldBlock | undefined {
  const { study, keyEpoch, block } = name;
  const row = state.database
    .prepare('SELECT 1 FROM study_block WHERE study = ? AND key_epoch = ? AND block = ? AND held IS NOT NULL')
    .get(study, keyEpoch, block);
  if (row === undefined) return undefined;
  const blocks = read.get(state) ?? new Map<string, HeldBlock>();
  read.set(state, blocks);
  const key = `${study}/${keyEpoch}/${block}`;
  const known = blocks.get(key);
  if (known) return known;
  const held = findBlock(state, name)?.held;
  if (!held) return undefined;
  const members = membersOf(held);
  blocks.set(key, members);
  for (const oldest of [...blocks.keys()].slice(0, -MOST)) blocks.delete(oldest);
  return members;
}

function membersOf({ adverts, roots }: HoldShares): HeldBlock {
  return new Map(
    roots.flatMap((root, sender): [SiteName, BlockMember][] => {
      const advert = adverts.find(({ site }) => site === root.site);
      return advert
        ? [[root.site as SiteName, { advert, sender, seats: seatsDigest(advert), shares: sharesDigest(root.shareHashes) }]]
        : [];
    }),
  );
}
