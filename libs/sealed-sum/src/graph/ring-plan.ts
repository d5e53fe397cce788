import { ConsiliumError } from '@consilium/protocol';
import { atMostTwoToMinus, upperTail } from './hypergeometric.js';

/** Numbers of a ring graph that make its failures improbable. */
export interface RingPlan {
  /** Neighbours on each side; a site has twice as many. */
  readonly reach: number;
  /** Shares that give a site's secret back. */
  readonly threshold: number;
  /** Contributors that any two separate stretches of `reach` places must have together: see `keepsTogether`. */
  readonly fewestInGaps: number;
}

/**
 * The smallest ring in which, for a random order of the sites (Bell, Bonawitz, Gascón, Lepoint, Raykova, CCS 2020,
 * section 3: events E1, not too many corrupt neighbours, E2, connected, and E3, enough neighbours left),
 * - secrecy fails with at most 2^−bits: some honest site has `threshold` colluders among its neighbours (E1), or two
 *   separate stretches of `reach` places hold `fewestInGaps` colluders together, so that a list may pass
 *   `keepsTogether` in which colluders alone hold the honest sites together (E2);
 * - correctness fails with at most 2^−bits when a fifth of the sites, chosen without regard to the order, is missing: some
 *   site has fewer than `threshold` neighbours left (E3), or the list does not pass `keepsTogether`.
 * Each is a union bound over sites or pairs of stretches of exact hypergeometric tails. Bell et al. fix the missing sites
 * before the order; here the coordinator, who knows the order, decides who is missing, and therefore secrecy does not
 * rest on them: what they could do to E2 is seen in the list.
 * @param sites - n
 * @param colluders - c
 * @param bits - 40, but for tests
 * @throws ConsiliumError MASK_GRAPH where there is none smaller than the complete graph
 */
export function ringPlan(sites: number, colluders: number, bits: number): RingPlan {
  const key = [sites, colluders, bits].join();
  const plan = plans.get(key) ?? smallestPlan(sites, colluders, bits);
  plans.set(key, plan);
  return plan;
}

/** A study asks for the same one again and again. */
const plans = new Map<string, RingPlan>();

function smallestPlan(sites: number, colluders: number, bits: number): RingPlan {
  const missing = Math.floor(sites / 5);
  for (let reach = 2; 2 * reach < sites - 1; reach++) {
    const degree = 2 * reach;
    const pairs = pairsOfStretches(sites, reach);
    const threshold = leastWith(degree, (least) =>
      atMostTwoToMinus(bits + 1, sites - colluders, upperTail(sites - 1, colluders, degree, least)),
    );
    const fewestInGaps = leastWith(degree, (least) => atMostTwoToMinus(bits + 1, pairs, upperTail(sites, colluders, degree, least)));
    if (threshold === undefined || fewestInGaps === undefined) continue;
    const tooFewLeft = upperTail(sites - 1, missing, degree, degree - threshold + 1);
    const listRefused = upperTail(sites, missing, degree, degree - fewestInGaps + 1);
    if (atMostTwoToMinus(bits + 1, sites, tooFewLeft) && atMostTwoToMinus(bits + 1, pairs, listRefused))
      return { reach, threshold: Math.max(2, threshold), fewestInGaps };
  }
  throw new ConsiliumError({
    code: 'MASK_GRAPH',
    errorClass: 'refused',
    message: `No sparse mask graph of ${sites} sites is safe against ${colluders} colluders with a fifth of the sites missing.`,
    fix: 'Tolerate fewer colluders (sites.tolerateColluders), or split the study.',
  });
}

/** Unordered pairs of stretches of `reach` places in a ring that have no place in common. */
export function pairsOfStretches(sites: number, reach: number): number {
  return (sites * (sites - 2 * reach + 1)) / 2;
}

/** Smallest number up to `most` that holds; `holds` is monotone. */
function leastWith(most: number, holds: (least: number) => boolean): number | undefined {
  let [low, high] = [1, most + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low <= most ? low : undefined;
}
