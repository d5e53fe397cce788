import type { SiteName } from '@consilium/protocol';
import { maskGraph, type MaskGraphRequest } from './mask-graph.js';

/** The mask graph of a block of seats by the names of its members, and what follows for their shares. */
export interface ShareGraph {
  /** Shares that give a member's secret back. */
  readonly threshold: number;
  /** Who holds shares of a member's secrets: itself and its neighbours, in the order of the block; nobody for a stranger. */
  holdersOf(dealer: SiteName): readonly SiteName[];
  /** `keepsTogether` of the mask graph. */
  keepsTogether(contributors: readonly SiteName[]): boolean;
}

/** @param members - U1 of the block, in the order of the study */
export function shareGraph(members: readonly SiteName[], request: Omit<MaskGraphRequest, 'sites'>): ShareGraph {
  const graph = maskGraph({ ...request, sites: members.length });
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
