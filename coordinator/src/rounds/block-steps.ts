import { seatsDigest, sharesDigest, type SiteName } from '@consilium/protocol';
import type { StudyEvent } from './study-event.js';
import type { Block, SeatMaterial, StudyState } from './study-state.js';

type BlockEvent = Extract<StudyEvent, { type: 'blockOpened' | 'advertised' | 'advertsClosed' | 'shared' | 'sharesClosed' | 'held' }>;

/** Steps 1 and 2 of PROTOCOL.md section 4: adverts, shares, holders. An event of another block changes nothing. */
export function blockStep(state: StudyState, at: string, event: BlockEvent): StudyState {
  if (event.type === 'blockOpened') {
    const block: Block = {
      number: event.block,
      keyEpoch: state.keyEpoch,
      seats: event.seats,
      nextSeat: 0,
      openedAt: at,
      asked: event.sites,
      adverts: new Map(),
      advertised: undefined,
      roots: new Map(),
      shared: undefined,
      holders: new Set(),
    };
    return { ...state, block, nextBlock: event.block + 1 };
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
    case 'shared':
      return block.shared ? block : { ...block, roots: new Map(block.roots).set(event.site, event.root) };
    case 'sharesClosed':
      return { ...block, shared: event.sites };
    case 'held':
      return { ...block, holders: new Set(block.holders).add(event.site) };
  }
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
            shares: sharesDigest(bytes(root.hashes)),
          },
        ],
      ];
    }),
  );
}
