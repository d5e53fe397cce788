import { layoutRefused } from './layout-refused.js';

/** What decides whether sums of `sites` contributions are certain to decrypt and to come apart into their lanes. */
export interface LaneChoice {
  /** Most contributors of one sum. */
  readonly sites: number;
  /** L: a lane is 2^L wide. */
  readonly laneBits: number;
  /** Lanes in one slot, 1 or 2. */
  readonly lanes: number;
  /** p. */
  readonly plainModulus: number;
  /** q. */
  readonly coefficientModulus: bigint;
}

/** Magnitudes that a lane may take. */
export interface LaneBounds {
  /** A = 2^(L−1) − 1: largest magnitude of a lane's sum. */
  readonly laneMaximum: number;
  /** B = ⌊A/n⌋: largest magnitude of one site's lane. */
  readonly levels: number;
}

export const FEWEST_SITES = 3;
/** SEAL's error of a symmetric encryption is at most 21; 1 more for rounding (PROTOCOL.md section 3). */
const ERROR_OF_ONE_UPLOAD = 22n;
/** Below this a value has fewer than three digits: a study that needs it is a mistake, not a choice. */
const FEWEST_LEVELS = 1024;

/**
 * All conditions of PROTOCOL.md section 3 for a sum without noise: 22·n + 1 < q/(2p); 2·A·(1 + W + … + W^(λ−1)) + 1 ≤ p,
 * so that every pattern of lane sums has one slot; and levels enough to be of use.
 * @throws ConsiliumError LAYOUT_REFUSED with the number that fails
 */
export function laneBounds(choice: LaneChoice): LaneBounds {
  const { sites, laneBits, lanes, plainModulus, coefficientModulus } = choice;
  if (!Number.isInteger(sites) || sites < FEWEST_SITES)
    throw layoutRefused(`A sum of ${sites} sites would show one site to the others.`, `Take at least ${FEWEST_SITES} sites.`);
  if (!Number.isInteger(laneBits) || laneBits < 8 || laneBits > 30)
    throw layoutRefused(`A lane of ${laneBits} bits is not possible.`, 'Take 8 to 30 bits.');
  if (lanes !== 1 && lanes !== 2) throw layoutRefused(`A slot cannot have ${lanes} lanes.`, 'Take 1 or 2.');
  const p = BigInt(plainModulus);
  const error = ERROR_OF_ONE_UPLOAD * BigInt(sites) + 1n;
  if (2n * p * error >= coefficientModulus)
    throw layoutRefused(
      `${sites} sites are too many: the error could reach ${error}, and decryption is certain only up to ${coefficientModulus / (2n * p)}.`,
      `Take at most ${(coefficientModulus - 1n - 2n * p) / (2n * p * ERROR_OF_ONE_UPLOAD)} sites.`,
    );
  const width = 1n << BigInt(laneBits);
  const laneMaximum = width / 2n - 1n;
  const patterns = 2n * laneMaximum * (lanes === 1 ? 1n : 1n + width) + 1n;
  if (patterns > p)
    throw layoutRefused(
      `${lanes} lanes of ${laneBits} bits have ${patterns} patterns, more than the plaintext modulus ${p}.`,
      'Take fewer bits.',
    );
  const levels = Number(laneMaximum / BigInt(sites));
  if (levels < FEWEST_LEVELS)
    throw layoutRefused(
      `${sites} sites leave ${levels} levels in a lane of ${laneBits} bits; at least ${FEWEST_LEVELS} are needed.`,
      'Take fewer sites or more bits.',
    );
  return { laneMaximum: Number(laneMaximum), levels };
}

/** Deviations of the summed noise that a lane leaves room for: beyond lies less than 1e-16 of it a lane. */
const ROOM_FOR_NOISE = 8.5;

/**
 * R = ⌊(A − 8.5·√(nV))/n⌋: what a site clamps a lane to before it adds noise of variance V, so that the noise of all n
 * sites finds room beside the sums (PROTOCOL.md section 3).
 * @param variance - V, a whole number from 1 on
 * @throws ConsiliumError LAYOUT_REFUSED where that leaves fewer levels than are of use
 */
export function noisedBound(sites: number, variance: number, { laneMaximum }: LaneBounds): number {
  if (!Number.isSafeInteger(variance) || variance < 1)
    throw layoutRefused(`A noise variance of ${variance} is not possible.`, 'Take a whole number from 1 on.');
  const bound = Math.floor((laneMaximum - ROOM_FOR_NOISE * Math.sqrt(sites * variance)) / sites);
  if (!(bound >= FEWEST_LEVELS))
    throw layoutRefused(
      `Noise of variance ${variance} at each of ${sites} sites leaves ${Math.max(0, bound)} levels in a lane; at least ${FEWEST_LEVELS} are needed.`,
      'Take less noise or fewer sites.',
    );
  return bound;
}
