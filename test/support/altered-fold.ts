import { BLOCK_BYTES, FILE_HEADER_BYTES, POLYNOMIAL_BYTES, WORD_BYTES } from '../../libs/sealed-sum/src/blocks/block-file.js';
import { COEFFICIENT_MODULUS, PLAIN_MODULUS } from '../../libs/sealed-sum/src/parameters/ring.js';

/** ⌊q/p⌋: what one unit of a plaintext weighs in a ciphertext. */
export const UNIT = COEFFICIENT_MODULUS / BigInt(PLAIN_MODULUS);

/** A number added to one word of a fold, modulo q. */
export interface Alteration {
  readonly block?: number;
  /** 0 for c0, 1 for c1. */
  readonly polynomial: 0 | 1;
  readonly coefficient: number;
  readonly add: bigint;
}

/** What anybody can do to a fold who has no key: add to its words. @param fold - a whole file, which stays as it is */
export function alteredFold(fold: Buffer, alterations: readonly Alteration[]): Buffer<ArrayBuffer> {
  const altered = Buffer.from(fold);
  for (const { block = 0, polynomial, coefficient, add } of alterations) {
    const at = FILE_HEADER_BYTES + block * BLOCK_BYTES.fold + polynomial * POLYNOMIAL_BYTES + coefficient * WORD_BYTES;
    const word = (altered.readBigUInt64LE(at) + add) % COEFFICIENT_MODULUS;
    altered.writeBigUInt64LE(word < 0n ? word + COEFFICIENT_MODULUS : word, at);
  }
  return altered;
}

/**
 * The question of PROTOCOL.md section 1: whether the key's coefficient j is `sign`. c1 gains q/4p, so that every coefficient
 * of the plaintext moves by a quarter of a unit times the key's; c0 gains ±3q/8p at X^j, so that only that one can cross
 * the half.
 */
export function keyQuestion(j: number, sign: 1 | -1): readonly Alteration[] {
  return [
    { polynomial: 0, coefficient: j, add: (BigInt(sign) * 3n * UNIT) / 8n },
    { polynomial: 1, coefficient: 0, add: UNIT / 4n },
  ];
}

/** A fold whose decryption is the key itself: c0 = 0, c1 = one unit. Only to know the truth that an attack is to find. */
export function keyRevealing(fold: Buffer): Buffer<ArrayBuffer> {
  const bare = Buffer.concat([fold.subarray(0, FILE_HEADER_BYTES), Buffer.alloc(fold.length - FILE_HEADER_BYTES)]);
  return alteredFold(bare, [{ polynomial: 1, coefficient: 0, add: UNIT }]);
}
