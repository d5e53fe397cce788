import type { SiteName } from '@consilium/protocol';
import { hidingTheirPart } from './attempt-graph.js';
import type { StudyEvent } from './study-event.js';
import type { Block, StudyState } from './study-state.js';

/** Most seats of one block (PROTOCOL.md section 4, step 1). */
export const LARGEST_BLOCK = 64;

export interface BlockNeeds {
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
export function seatsReady(state: StudyState, sites: readonly SiteName[]): boolean {
  const { block } = state;
  return block !== undefined && block.nextSeat < block.seats && sites.every((site) => block.holders.has(site));
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
  return { type: 'blockOpened', block: state.nextBlock, seats: Math.max(1, Math.min(LARGEST_BLOCK, attempts)), sites: ready };
}

/** Its seats are used, or a site that is ready came after it was opened, or has fallen out of it. */
function isOver(block: Block, { ready, again }: BlockNeeds): boolean {
  return again || block.nextSeat >= block.seats || ready.some((site) => !block.asked.includes(site));
}
