import type { SiteName } from '@consilium/protocol';
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

/** Of one seat: the share of b, then the share of the round key. */
const SHARES_OF_SEAT = 2;

/** A dropped site's round key as it was dealt, and what its holders have released of it. */
interface DroppedKey {
  readonly dealt: DealtSecret;
  readonly released: readonly ReleasedShare[];
}

/** Whether enough right shares of every dropped site's round key are in; wrong ones do not count. */
export function sharesAreIn(state: Of, attempt: ClosedAttempt, dropped: readonly SiteName[]): boolean {
  return dropped.every((site) => {
    const { dealt, released } = droppedKey(state, attempt, site);
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
  transcript: Uint8Array,
): Promise<DroppedMasks> {
  const keyOf = (site: SiteName) => Buffer.from(attempt.seats.get(site)?.roundKey ?? '', 'hex');
  const at = (site: SiteName) => ({ index: attempt.participants.indexOf(site), publicKey: keyOf(site) });
  const graph = attemptGraph(state, attempt);
  const terms: MaskTerm[] = [];
  const faulty = new Set<SiteName>();
  for (const site of dropped) {
    const { dealt, released } = droppedKey(state, attempt, site);
    const rebuilt = await rebuildRoundKey(dealt, released, keyOf(site));
    for (const holder of rebuilt.faulty) faulty.add(holder);
    const around = graph.holdersOf(site);
    const neighbours = attempt.contributors.filter((contributor) => around.includes(contributor));
    terms.push(...droppedMasks({ index: at(site).index, privateKey: rebuilt.secret }, neighbours.map(at), transcript));
  }
  return { terms, faulty: [...faulty] };
}

function droppedKey(state: Of, attempt: ClosedAttempt, site: SiteName): DroppedKey {
  const graph = attemptGraph(state, attempt);
  const holders = graph.holdersOf(site);
  const share = SHARES_OF_SEAT * attempt.seat + 1;
  const bytes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'hex'));
  return {
    dealt: {
      dealer: site,
      place: share,
      root: Buffer.from(attempt.seats.get(site)?.shares ?? '', 'hex'),
      shape: { holders: holders.length, shares: SHARES_OF_SEAT * attempt.blockSeats },
      threshold: graph.threshold,
    },
    released: [...attempt.releases].flatMap(([holder, release]) =>
      release.dropped.flatMap((record) =>
        record.site === site
          ? [
              {
                holder,
                place: { holder: holders.indexOf(holder), share },
                share: Buffer.from(record.share, 'hex'),
                proof: { inBox: bytes(record.inBox), ofBox: bytes(record.ofBox) },
              },
            ]
          : [],
      ),
    ),
  };
}
