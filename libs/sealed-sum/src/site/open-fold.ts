import type { SealParameters } from '@consilium/protocol';
import { bfvContext } from '../bfv/context.js';
import { RING } from '../bfv/ring.js';
import { checkedBlocks } from '../blocks/block-reader.js';
import { CheckValues } from '../check/check-values.js';
import { sumCheckFailed } from '../check/sum-check-failed.js';
import { laneCount, laneSlots, segmentLanes } from '../lanes/lane-layout.js';
import { readWord, unpackSlots } from '../lanes/slots.js';
import { BlockOpener } from './block-opener.js';
import type { SumKeys } from './seal-to-file.js';

export interface OpenRequest extends SumKeys {
  readonly path: string;
  /** Uploads that were added, 1 to `parameters.sites`. */
  readonly contributors: number;
}

/**
 * Decrypts a fold and checks it: check values, zeros in the coefficients that hold no slot, range |Σ| ≤ contributors·B of every lane, and the count of contributors
 * where the layout has one. All blocks are decrypted before anything is compared, so that time tells nothing either.
 * @returns the exact sums of the contributors' lanes, `laneCount(parameters)` integers
 * @throws ConsiliumError SUM_CHECK without a reason; CIPHERTEXT_REFUSED, before decryption, for length, header or range
 */
export async function openFold({ path, parameters, bfvKey, checkKey, keyEpoch, contributors }: OpenRequest): Promise<Int32Array> {
  if (!Number.isInteger(contributors) || contributors < 1 || contributors > parameters.sites)
    throw new RangeError(`${contributors} contributors; the sum takes 1 to ${parameters.sites}`);
  const sum = new Int32Array(laneCount(parameters));
  const slots = laneSlots(parameters);
  const check = new CheckValues(checkKey, parameters.slots - slots, parameters.plainModulus);
  const carried: number[] = [];
  let unusedAreZero = true;
  const opener = new BlockOpener(await bfvContext(RING), bfvKey);
  try {
    let first = 0;
    for await (const block of checkedBlocks({ kind: 'fold', path, parameters, keyEpoch })) {
      opener.open(block);
      const end = Math.min(first + parameters.degree, slots);
      const lanes = sum.subarray(2 * first, 2 * end);
      unpackSlots(opener.words, lanes, parameters);
      check.add(lanes);
      const last = Math.min(first + parameters.degree, parameters.slots);
      for (let slot = Math.max(first, slots); slot < last; slot++) carried.push(readWord(opener.words, slot - first));
      unusedAreZero &&= opener.words.subarray(2 * (last - first)).every((half) => half === 0);
      first += parameters.degree;
    }
  } finally {
    opener.delete();
  }
  const faults = [
    !unusedAreZero,
    check.values().some((value, k) => value !== carried[k]),
    !withinRange(sum, contributors * parameters.levels),
    !countsContributors(sum, contributors, parameters),
  ];
  if (faults.includes(true)) throw sumCheckFailed();
  return sum;
}

function withinRange(lanes: Int32Array, limit: number): boolean {
  let largest = 0;
  for (const lane of lanes) largest = Math.max(largest, Math.abs(lane));
  return largest <= limit;
}

/** Each site put 1 into the lowest limb of `contributors`, where the layout has that count. */
function countsContributors(lanes: Int32Array, contributors: number, parameters: SealParameters): boolean {
  const place = segmentLanes(parameters, 'counts');
  const index = place?.segment.names.indexOf('contributors') ?? -1;
  if (!place || index < 0) return true;
  return lanes[place.start + index * place.segment.limbs] === contributors;
}
