import type { SiteName } from '@consilium/protocol';
import { hidingTheirPart } from './attempt-graph.js';
import type { StudyEvent } from './study-event.js';
import type { Block, StudyState } from './study-state.js';

/** Most seats of one block (PROTOCOL.md section 4, step 1). */
export const LARGEST_BLOCK = 64;

/** Of a study whose sites prove that its rounds are reserved: as many as a ledger reserves at once (section 7). */
const LARGEST_RESERVED_BLOCK = 50;

export interface BlockNeeds {
  /** The round that is next. */
  readonly round: number;
  /** Sites that are there and could take part in the next round. */
  readonly ready: readonly SiteName[];
  /** Whether nobody else is waited for. */
  readonly complete: boolean;
  /** Whether sites that have fallen out of the block call for the next one. */
  readonly again: boolean;
  /** Whether a block that came to nothing is not followed by another one yet. */
  readonly pause: boolean;
  /** Attempts that the study may still make. */
  readonly attempts: number;
  /** Whether a site is no longer waited for. */
  readonly lost: (site: SiteName) => boolean;
}

/** Whether a block can seat the next attempt of these sites. */
export function seatsReady(state: StudyState, sites: readonly SiteName[], round: number): boolean {
  const { block } = state;
  return (
    block !== undefined && block.nextSeat < block.seats && sites.every((site) => block.holders.has(site) && reaches(block, site, round))
  );
}

/** Whether what a site has proved to have reserved reaches a round; of studies that need no ledger, always. */
function reaches({ adverts }: Block, site: SiteName, round: number): boolean {
  return adverts.get(site)?.reserve?.rounds.includes(round) ?? true;
}

/**
 * What brings seats to the sites that are ready: a new block where there is none, where its seats are used, or where a
 * site that is ready now was not in it; then its adverts, its shares, its holders, each closed when all are in or those
 * that are missing are lost.
 */
export function decideBlock(state: StudyState, needs: BlockNeeds): StudyEvent | undefined {
  const { block } = state;
  const { m } = state.study.derived.thresholds;
  if (!block || isOver(block, needs)) return needs.complete && needs.ready.length >= m ? open(state, needs) : undefined;
  const settled = (wanted: readonly SiteName[], has: (site: SiteName) => boolean): readonly SiteName[] | undefined => {
    const there = wanted.filter(has);
    return there.length === wanted.length || (there.length >= m && wanted.every((site) => has(site) || needs.lost(site)))
      ? there
      : undefined;
  };
  if (!block.advertised) {
    const sites = settled(block.asked, (site) => block.adverts.has(site));
    return sites && { type: 'advertsClosed', block: block.number, sites };
  }
  // Whoever hides a part of the seed would have chosen the graph: the block comes to nothing, and the next is drawn anew.
  const hiding = hidingTheirPart(state, block);
  if (hiding.length > 0) {
    const isDead = hiding.some(needs.lost) && !needs.pause;
    return isDead && needs.complete && needs.ready.length >= m ? open(state, needs) : undefined;
  }
  if (!block.shared) {
    const sites = settled(block.advertised, (site) => block.roots.has(site));
    return sites && { type: 'sharesClosed', block: block.number, sites };
  }
  return undefined;
}

function open(state: StudyState, { ready, attempts }: BlockNeeds): StudyEvent {
  const { mode } = state.study.privacy;
  const largest = mode === 'patient/distributed' || mode === 'patient/local' ? LARGEST_RESERVED_BLOCK : LARGEST_BLOCK;
  return { type: 'blockOpened', block: state.nextBlock, seats: Math.max(1, Math.min(largest, attempts)), sites: ready };
}

/** Its seats are used, its reserves do not reach the round, or a site that is ready came after it was opened, or fell out. */
function isOver(block: Block, { ready, again, round }: BlockNeeds): boolean {
  return again || block.nextSeat >= block.seats || ready.some((site) => !block.asked.includes(site) || !reaches(block, site, round));
}
