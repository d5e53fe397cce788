import type { MaskRules } from '@consilium/protocol';
import { ringPlan } from './ring-plan.js';
import { seededOrder } from './seeded-order.js';

/** Who shares masks and secrets with whom in one block of seats. Sites are places 0..n−1 in roster order. */
export interface MaskGraph {
  /** Most neighbours of a site. */
  readonly degree: number;
  /** Shares that give a site's secret back. Holders are the site itself and its neighbours. */
  readonly threshold: number;
  /** In roster order, without the site itself. */
  neighbours(site: number): readonly number[];
  /**
   * Whether the honest contributors of a list hang together by masks whoever up to c of them collude: else colluders who
   * know the self-masks could read the sum of a part of them. A site signs no list that does not pass (PROTOCOL.md
   * section 4, step 5), because it is the coordinator who decides which sites are missing.
   */
  keepsTogether(contributors: ReadonlySet<number>): boolean;
}

export interface MaskGraphRequest {
  /** n: sites of the block. */
  readonly sites: number;
  /** c: colluders tolerated. */
  readonly colluders: number;
  /** t of the study, the threshold in the complete graph. */
  readonly threshold: number;
  /** 32 public bytes that were not fixed when the colluders were, and that nobody could choose. */
  readonly seed: Uint8Array;
  readonly rules: MaskRules;
}

/**
 * Complete up to `rules.completeUpTo` sites; beyond, a ring in an order drawn from the seed, in which each site is a neighbour of the
 * nearest on both sides (a Harary graph, as in Bell et al., CCS 2020). Everybody derives the same.
 * @throws ConsiliumError MASK_GRAPH where no ring is safe
 */
export function maskGraph({ sites, colluders, threshold, seed, rules }: MaskGraphRequest): MaskGraph {
  if (sites > rules.completeUpTo) return ringGraph(seededOrder(sites, seed), ringPlan(sites, colluders, rules.failureBits));
  const all = Array.from({ length: sites }, (_, index) => index);
  return { degree: sites - 1, threshold, neighbours: (site) => all.filter((other) => other !== site), keepsTogether: () => true };
}

/** @param order - sites by their place in the ring */
export function ringGraph(order: readonly number[], { reach, threshold, fewestInGaps }: ReturnType<typeof ringPlan>): MaskGraph {
  const places = new Map(order.map((site, place) => [site, place]));
  const at = (place: number) => order[(place + order.length) % order.length] ?? 0;
  return {
    degree: 2 * reach,
    threshold,
    neighbours: (site) => {
      const place = places.get(site);
      if (place === undefined) throw new RangeError(`there is no site ${site}`);
      const steps = Array.from({ length: reach }, (_, step) => step + 1);
      return steps.flatMap((step) => [at(place - step), at(place + step)]).toSorted((one, other) => one - other);
    },
    keepsTogether: (contributors) => fewestInTwoStretches(order, contributors, reach) >= fewestInGaps,
  };
}

/**
 * Contributors in the emptiest two separate stretches of `reach` places. In such a ring a set of sites falls apart iff two
 * separate stretches of that length are free of it: next ones along the ring are neighbours unless `reach` places or
 * more lie between them, and one gap leaves the others in a row. So if every two stretches hold more contributors than
 * there are colluders in them, the honest ones are connected.
 */
export function fewestInTwoStretches(order: readonly number[], contributors: ReadonlySet<number>, reach: number): number {
  const { length } = order;
  const present = order.map((site) => (contributors.has(site) ? 1 : 0));
  const counts = order.map((_, from) => {
    let count = 0;
    for (let step = 0; step < reach; step++) count += present[(from + step) % length] ?? 0;
    return count;
  });
  let fewest = Number.POSITIVE_INFINITY;
  for (let one = 0; one < length; one++)
    for (let other = one + reach; other <= Math.min(length - 1, one + length - reach); other++)
      fewest = Math.min(fewest, (counts[one] ?? 0) + (counts[other] ?? 0));
  return fewest;
}
