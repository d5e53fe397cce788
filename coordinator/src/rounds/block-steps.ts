import { seatsDigest, type RefusalCode, type SiteName } from '@consilium/protocol';
import type { StudyEvent } from './study-event.js';
import type { Block, SeatMaterial, StudyState } from './study-state.js';

type BlockEvent = Extract<
  StudyEvent,
  { type: 'blockOpened' | 'advertised' | 'advertsClosed' | 'revealed' | 'shared' | 'sharesClosed' | 'held' }
>;

/** Steps 1 and 2 of PROTOCOL.md section 4: adverts, shares, holders. An event of another block changes nothing. */
export function blockStep(state: StudyState, at: string, event: BlockEvent): StudyState {
  if (event.type === 'blockOpened') {
    const block: Block = {
      number: event.block,
      keyEpoch: state.keyEpoch,
      seats: event.seats,
      round: state.activity.phase === 'waiting' ? state.activity.round : state.rounds.length + 1,
      nextSeat: 0,
      openedAt: at,
      asked: event.sites,
      adverts: new Map(),
      advertised: undefined,
      parts: new Map(),
      roots: new Map(),
      shared: undefined,
      holders: new Set(),
      left: new Set(),
    };
    return { ...state, block, nextBlock: event.block + 1, blocksTried: state.blocksTried + 1 };
  }
  const { block } = state;
  if (block?.number !== event.block) return state;
  return { ...state, block: inBlock(block, event) };
}

function inBlock(block: Block, event: Exclude<BlockEvent, { type: 'blockOpened' }>): Block {
  switch (event.type) {
    case 'advertised':
      return block.advertised ? block : { ...block, adverts: new Map(block.adverts).set(event.site, event.advert) };
    case 'advertsClosed':
      return { ...block, advertised: event.sites };
    case 'revealed':
      return { ...block, parts: new Map(block.parts).set(event.site, event.part) };
    case 'shared':
      return block.shared ? block : { ...block, roots: new Map(block.roots).set(event.site, event.root) };
    case 'sharesClosed':
      return { ...block, shared: event.sites };
    case 'held':
      return block.left.has(event.site) ? block : { ...block, holders: new Set(block.holders).add(event.site) };
  }
}

/** Refusals with which a site takes its leave of a block: it answers nothing for that block's seats any more. */
const ENDS_SEATS: ReadonlySet<RefusalCode> = new Set(['SHARE_MISSING', 'SHARE_INVALID', 'SEAT_USED', 'STATE_RESTORED', 'RESERVE_EVIDENCE']);

/** Whether a refusal is about seats, which new ones put right, and no decision of anybody. */
export function endsSeats(code: RefusalCode): boolean {
  return ENDS_SEATS.has(code);
}

/** The current block without a site that has refused its seats; from the next block on it takes part again. */
export function leaveBlock(
  block: Block | undefined,
  { site, code, block: number }: Extract<StudyEvent, { type: 'refused' }>,
): Block | undefined {
  if (!block || block.number !== number || !endsSeats(code)) return block;
  const holders = new Set([...block.holders].filter((holder) => holder !== site));
  return { ...block, holders, left: new Set(block.left).add(site) };
}

/** Whether a site was asked to be in a block and is not, or no longer. @param late - whether its time to take its seat is over */
export function hasFallenOut({ asked, advertised, shared, holders, left }: Block, site: SiteName, late: boolean): boolean {
  if (!asked.includes(site)) return false;
  const gone = [advertised, shared].some((members) => members !== undefined && !members.includes(site));
  return left.has(site) || gone || (late && shared !== undefined && !holders.has(site));
}

/** What an attempt rests on: each participant's key of the seat, and the digests that go into T. */
export function seatMaterial(block: Block, seat: number, participants: readonly SiteName[]): ReadonlyMap<SiteName, SeatMaterial> {
  return new Map(
    participants.flatMap((site): [SiteName, SeatMaterial][] => {
      const advert = block.adverts.get(site);
      const root = block.roots.get(site);
      const roundKey = advert?.roundKeys[seat];
      const committed = advert?.commitments[seat];
      if (!advert || !root || roundKey === undefined || committed === undefined) return [];
      const bytes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'hex'));
      return [
        [
          site,
          {
            roundKey,
            commitment: committed,
            seats: seatsDigest({ roundKeys: bytes(advert.roundKeys), commitments: bytes(advert.commitments) }),
            shares: root.root,
          },
        ],
      ];
    }),
  );
}
