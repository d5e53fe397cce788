import { seatsDigest, type SiteName } from '@consilium/protocol';
import type { HoldShares, SeatAdvert } from '@consilium/protocol/wire';
import type { ShareGraph } from '@consilium/sealed-sum';
import type { SiteState } from '../../state/index.js';
import type { StudyAtSite } from '../study-at-site.js';
import { findBlock, type ProvenReserves } from './blocks.js';
import { blockGraph } from './check-members.js';
import type { BlockName } from './seat-secrets.js';

/** One member of a block that this site holds shares of. */
export interface BlockMember {
  readonly advert: SeatAdvert;
  /** `seatsDigest` and the root of its shares, hex. */
  readonly seats: string;
  readonly shares: string;
}

/** A block that this site holds shares of. */
export interface HeldBlock {
  /** U2, by site. */
  readonly members: ReadonlyMap<SiteName, BlockMember>;
  /** Who holds whose shares, and masks with whom. */
  readonly graph: ShareGraph;
  /** How many it has. */
  readonly seats: number;
  /** What its members have proved to hold in their ledgers. */
  readonly reserves: ProvenReserves;
}

/** Enough for the studies of a site that are under way. */
const MOST = 8;
const read = new WeakMap<SiteState, Map<string, HeldBlock>>();

/**
 * Who is in a block that this site holds the shares of (U2), by site; undefined where it holds none. What is kept of a
 * block never changes until it is deleted, and four steps of every attempt look at it: it is taken apart once.
 */
export function heldBlock(at: StudyAtSite, name: BlockName): HeldBlock | undefined {
  const { state } = at;
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
  const stored = findBlock(state, name);
  if (!stored?.held) return undefined;
  const { adverts, seedParts } = stored.held;
  const rules = { consortium: at.consortium, study, resolved: at.study, keyEpoch, block };
  const held = {
    members: membersOf(stored.held),
    graph: blockGraph(adverts, seedParts, rules).graph,
    seats: stored.seats,
    reserves: stored.reserves,
  };
  blocks.set(key, held);
  for (const oldest of [...blocks.keys()].slice(0, -MOST)) blocks.delete(oldest);
  return held;
}

function membersOf({ adverts, roots }: HoldShares): ReadonlyMap<SiteName, BlockMember> {
  return new Map(
    roots.flatMap(({ site, root }): [SiteName, BlockMember][] => {
      const advert = adverts.find((candidate) => candidate.site === site);
      return advert ? [[site as SiteName, { advert, seats: seatsDigest(advert), shares: root.toString('hex') }]] : [];
    }),
  );
}
