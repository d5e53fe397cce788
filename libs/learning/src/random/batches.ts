import { createHash } from 'node:crypto';
import { randomWords, uniformBelow } from './random-words.js';

/**
 * The seed of the batches that a site draws in one round. In mode `none` it is public, and the same at every try of a
 * round: training is deterministic, so that a repeated round gives the same update (PROTOCOL.md section 4).
 *
 * @param studyHash - 64 hex digits
 * @param stateDigest - of the state that training starts from, 32 bytes
 * @returns SHA-256("consilium/v1/batches" ‖ 0x00 ‖ study hash ‖ state digest), 32 bytes
 */
export function batchSeed(studyHash: string, stateDigest: Uint8Array): Uint8Array {
  return createHash('sha256').update('consilium/v1/batches\0').update(Buffer.from(studyHash, 'hex')).update(stateDigest).digest();
}

/**
 * Endless batches of row numbers: each epoch is a fresh permutation (Fisher–Yates) cut into batches, so that every row
 * comes once an epoch; the last batch of an epoch may be short.
 *
 * @param rows - at least 1
 * @param batchSize - at least 1; `rows` or more makes every batch a permutation of all rows
 */
export function* batches(rows: number, batchSize: number, seed: Uint8Array): Generator<Uint32Array, never> {
  const next = randomWords('consilium/v1/batch order', seed);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  while (true) {
    for (let i = rows - 1; i > 0; i -= 1) {
      const j = uniformBelow(next, i + 1);
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
    for (let start = 0; start < rows; start += batchSize) yield order.slice(start, start + batchSize);
  }
}
