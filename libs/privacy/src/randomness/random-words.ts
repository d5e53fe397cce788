/** Marks a source as one of this package's own; not exported, so that nobody can pass Math.random off as one. */
export const ORIGIN: unique symbol = Symbol('origin');

/**
 * Independent, uniform 32-bit words. Only two things are one: `SystemRandomness`, and the seeded source of
 * `@consilium/privacy/simulation`, which no process of the product may import (a lint rule).
 */
export interface RandomWords {
  readonly [ORIGIN]: 'operating-system' | 'seeded';
  /** An integer in [0, 2^32). */
  next(): number;
}
