import { ConsiliumError } from '@consilium/protocol';

/**
 * A whole number as limbs, lowest first, so that sums of limbs stay inside a lane and the number's sum stays exact.
 * @param value - 0 ≤ value < 2^(limbs·limbBits)
 * @throws ConsiliumError COUNT_TOO_LARGE, without the value
 */
export function toLimbs(name: string, value: bigint, limbs: number, limbBits: number): readonly number[] {
  if (value < 0n || value >> BigInt(limbs * limbBits) !== 0n)
    throw new ConsiliumError({
      code: 'COUNT_TOO_LARGE',
      errorClass: 'refused',
      message: `The count ${name} is below 0 or not below 2^${limbs * limbBits}.`,
      fix: 'Count in a larger unit.',
    });
  const mask = (1n << BigInt(limbBits)) - 1n;
  return Array.from({ length: limbs }, (_, limb) => Number((value >> BigInt(limb * limbBits)) & mask));
}

/** The number whose limbs (or sums of limbs) these are. */
export function fromLimbs(limbs: Iterable<number>, limbBits: number): bigint {
  let value = 0n;
  let shift = 0n;
  for (const limb of limbs) {
    value += BigInt(limb) << shift;
    shift += BigInt(limbBits);
  }
  return value;
}
