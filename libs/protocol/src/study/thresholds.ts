import { ConsiliumError } from '../errors/consilium-error.js';

/**
 * How many of the n sites of a study must be there, and how many may conspire (PROTOCOL.md section 4).
 * `t` signatures or shares decide; with 2t > n + c no two different decisions can both gather t.
 */
export interface Thresholds {
  /** Sites named in the study. */
  readonly n: number;
  /** Colluding sites tolerated. */
  readonly c: number;
  /** Shamir threshold, and the number of equal signatures that decide. */
  readonly t: number;
  /** `minSites`: fewest contributors of a sum. */
  readonly m: number;
}

/**
 * @param n - sites, at least 3
 * @param minSites - default: as low as the inequalities allow
 * @param colluders - default: max(1, ⌊(n − 1)/3⌋)
 * @throws ConsiliumError THRESHOLDS, naming the inequality that fails
 */
export function thresholds(n: number, minSites?: number, colluders?: number): Thresholds {
  const refuse = (message: string, fix: string) => new ConsiliumError({ code: 'THRESHOLDS', errorClass: 'usage', message, fix });
  if (!(n >= 3))
    throw refuse(`A sum of ${n} sites can be undone by its members; a study needs at least 3.`, 'Name at least 3 sites under sites.names.');
  const c = colluders ?? Math.max(1, Math.floor((n - 1) / 3));
  if (c < 1 || c > n - 2)
    throw refuse(`sites.tolerateColluders is ${c}; with ${n} sites it lies between 1 and ${n - 2}.`, 'Leave it out for the default.');
  const t = Math.floor((n + c) / 2) + 1;
  if (t > n)
    throw refuse(
      `With ${n} sites and ${c} colluders ${t} signatures would be needed (2t > n + c).`,
      'Tolerate fewer colluders, or name more sites.',
    );
  const least = Math.max(3, t);
  const m = minSites ?? least;
  if (m < least)
    throw refuse(
      `sites.minSites is ${m}; with ${n} sites and ${c} colluders it is at least ${least} (m ≥ max(3, t), 2t > n + c).`,
      `Set sites.minSites to ${least} or more.`,
    );
  if (m > n) throw refuse(`sites.minSites is ${m}, but the study names ${n} sites.`, `Set sites.minSites to ${n} or less.`);
  return { n, c, t, m };
}
