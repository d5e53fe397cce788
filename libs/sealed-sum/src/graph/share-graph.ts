import type { ResolvedStudy, SiteName } from '@consilium/protocol';
import { maskGraph } from './mask-graph.js';

/** The mask graph of a block of seats by the names of its members, and what follows for their shares. */
export interface ShareGraph {
  /** Shares that give a member's secret back. */
  readonly threshold: number;
  /** Who holds shares of a member's secrets: itself and its neighbours, in the order of the block; nobody for a stranger. */
  holdersOf(dealer: SiteName): readonly SiteName[];
  /** `keepsTogether` of the mask graph. @param contributors - members of the block */
  keepsTogether(contributors: readonly SiteName[]): boolean;
}

/** Whether a block has so many members that its graph is drawn from a seed. */
export function needsSeed({ derived: { masks } }: ResolvedStudy, members: readonly SiteName[]): boolean {
  return members.length > masks.completeUpTo;
}

/**
 * @param members - U1 of the block, in the order of the study
 * @param seed - `graphSeed`, 32 bytes; not looked at where the graph is complete
 * @throws ConsiliumError MASK_GRAPH
 */
export function shareGraph({ derived: { masks, thresholds } }: ResolvedStudy, members: readonly SiteName[], seed: Uint8Array): ShareGraph {
  const graph = maskGraph({ sites: members.length, colluders: thresholds.c, threshold: thresholds.t, seed, rules: masks });
  const places = new Map(members.map((site, place) => [site, place]));
  const holders = new Map<SiteName, readonly SiteName[]>();
  const found = (dealer: SiteName): readonly SiteName[] => {
    const place = places.get(dealer);
    if (place === undefined) return [];
    const around = new Set([place, ...graph.neighbours(place)]);
    return members.filter((_, index) => around.has(index));
  };
  return {
    threshold: graph.threshold,
    holdersOf: (dealer) => {
      const known = holders.get(dealer) ?? found(dealer);
      holders.set(dealer, known);
      return known;
    },
    keepsTogether: (contributors) => graph.keepsTogether(new Set(contributors.flatMap((site) => places.get(site) ?? []))),
  };
}
