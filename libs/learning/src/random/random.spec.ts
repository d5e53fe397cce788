import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, batchSeed } from './batches.js';
import { randomWords, uniformBelow } from './random-words.js';

const seed = new Uint8Array(32).fill(3);

describe('reproducible randomness', () => {
  it('gives the same words for the same seed and purpose, other words for others', () => {
    const take = (purpose: string, from: Uint8Array) => Array.from({ length: 20 }, randomWords(purpose, from));
    expect(take('a', seed)).toEqual(take('a', seed));
    expect(take('b', seed)).not.toEqual(take('a', seed));
    expect(take('a', new Uint8Array(32))).not.toEqual(take('a', seed));
    expect(new Set(take('a', seed)).size).toBe(20);
  });

  it('draws every number below a bound equally often', () => {
    const next = randomWords('counts', seed);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let draw = 0; draw < 7_000; draw += 1) counts[uniformBelow(next, 7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('rejects the words that would favour small numbers', () => {
    const words = [4_294_967_295, 5];
    expect(uniformBelow(() => words.shift() ?? 0, 3)).toBe(2);
  });
});

describe('batches', () => {
  it('show every row once an epoch, the last batch short', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), (rows, size) => {
        const source = batches(rows, size, seed);
        for (let epoch = 0; epoch < 3; epoch += 1) {
          const seen: number[] = [];
          for (let batch = 0; batch < Math.ceil(rows / size); batch += 1) {
            const chosen = source.next().value;
            expect(chosen.length).toBe(Math.min(size, rows - seen.length));
            seen.push(...chosen);
          }
          expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
        }
      }),
    );
  });

  it('come in another order after another state, the same after the same', () => {
    const order = (digest: number) => Array.from(batches(50, 50, batchSeed('ab'.repeat(32), new Uint8Array(32).fill(digest))).next().value);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });
});
