/**
 * A stream of 32-bit integers, the same on every machine: xorshift32, shifts 13, 17, 5 (Marsaglia, Xorshift RNGs,
 * J. Stat. Software 8(14), 2003). For inventing data only: it hides nothing.
 */
export class Xorshift32 {
  #state: number;

  /** @param seed - 1 to 2^32 - 1 */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 1 || seed > 0xffff_ffff) throw new RangeError('seed must be from 1 to 2^32 - 1');
    this.#state = seed;
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** A whole number from `low` to `high`, both included; fewer than 2^16 of them, so that the bias is below 2^-16. */
  between(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  /** True in about `perMille` of a thousand calls. */
  chance(perMille: number): boolean {
    return this.between(1, 1000) <= perMille;
  }

  /** A bell around `center`, at most `spread` away: the mean of three uniform whole numbers, rounded down. */
  bell(center: number, spread: number): number {
    const sum = this.between(-spread, spread) + this.between(-spread, spread) + this.between(-spread, spread);
    return center + Math.trunc(sum / 3);
  }
}
