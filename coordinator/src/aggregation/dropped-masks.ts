import type { SiteName } from '@consilium/protocol';
import type { ReleasedShare as SharedOnWire } from '@consilium/protocol/wire';
import {
  droppedMasks,
  rebuildRoundKey,
  verifyShare,
  type DealtSecret,
  type MaskTerm,
  type ReleasedShare,
} from '@consilium/sealed-sum/fold';
import { attemptGraph } from '../rounds/attempt-graph.js';
import type { ClosedAttempt, StudyState } from '../rounds/study-state.js';

type Of = Pick<StudyState, 'hash' | 'study'>;

/** Shares of dropped sites' round keys, by the holder who released them. */
export type SharesByHolder = ReadonlyMap<SiteName, readonly SharedOnWire[]>;

/** Of one seat: the share of b, then the share of the round key. */
const SHARES_OF_SEAT = 2;

/** A dropped site's round key as it was dealt, and what its holders have released of it. */
interface DroppedKey {
  readonly dealt: DealtSecret;
  readonly released: readonly ReleasedShare[];
}

/** Whether enough right shares of every dropped site's round key are in; wrong ones do not count. */
export function sharesAreIn(state: Of, attempt: ClosedAttempt, dropped: readonly SiteName[], shares: SharesByHolder): boolean {
  return dropped.every((site) => {
    const { dealt, released } = droppedKey(state, attempt, site, shares);
    const right = released.filter(({ share, place, proof }) => verifyShare(share, place, proof, dealt.root, dealt.shape));
    return right.length >= dealt.threshold;
  });
}

export interface DroppedMasks {
  readonly terms: readonly MaskTerm[];
  /** Holders whose shares were not those that were dealt to them. */
  readonly faulty: readonly SiteName[];
}

/**
 * The pair masks that dropped sites left in the sum (PROTOCOL.md section 4, step 7): each dropped round key is rebuilt from
 * shares under its dealer's root, checked against its advert, and paired with every neighbour that contributed.
 * @throws ConsiliumError DEALT_INVALID naming a dropped site whose shares do not give the key that it advertised;
 * SHARE_INVALID, SHARES_MISSING
 */
export async function masksOfDropped(
  state: Of,
  attempt: ClosedAttempt,
  dropped: readonly SiteName[],
  shares: SharesByHolder,
  transcript: Uint8Array,
): Promise<DroppedMasks> {
  const keyOf = (site: SiteName) => Buffer.from(attempt.seats.get(site)?.roundKey ?? '', 'hex');
  const at = (site: SiteName) => ({ index: attempt.participants.indexOf(site), publicKey: keyOf(site) });
  const graph = attemptGraph(state, attempt);
  const terms: MaskTerm[] = [];
  const faulty = new Set<SiteName>();
  for (const site of dropped) {
    const { dealt, released } = droppedKey(state, attempt, site, shares);
    const rebuilt = await rebuildRoundKey(dealt, released, keyOf(site));
    for (const holder of rebuilt.faulty) faulty.add(holder);
    const around = graph.holdersOf(site);
    const neighbours = attempt.contributors.filter((contributor) => around.includes(contributor));
    terms.push(...droppedMasks({ index: at(site).index, privateKey: rebuilt.secret }, neighbours.map(at), transcript));
  }
  return { terms, faulty: [...faulty] };
}

function droppedKey(state: Of, attempt: ClosedAttempt, site: SiteName, shares: SharesByHolder): DroppedKey {
  const graph = attemptGraph(state, attempt);
  const holders = graph.holdersOf(site);
  const share = SHARES_OF_SEAT * attempt.seat + 1;
  return {
    dealt: {
      dealer: site,
      place: share,
      root: Buffer.from(attempt.seats.get(site)?.shares ?? '', 'hex'),
      shape: { holders: holders.length, shares: SHARES_OF_SEAT * attempt.blockSeats },
      threshold: graph.threshold,
    },
    released: [...shares].flatMap(([holder, released]) =>
      released
        .filter((one) => one.site === site)
        .map((one) => ({
          holder,
          place: { holder: holders.indexOf(holder), share },
          share: one.share,
          proof: { inBox: one.inBox, ofBox: one.ofBox },
        })),
    ),
  };
}
