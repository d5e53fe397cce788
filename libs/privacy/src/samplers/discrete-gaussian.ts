import { ConsiliumError } from '@consilium/protocol';
import type { RandomWords } from '../randomness/random-words.js';
import { isBelowDecay } from './decay.js';
import { gaussianEnvelope, type GaussianEnvelope } from './gaussian-envelope.js';

/** Up to here x² and V are exact in a double for every x that can be met (|x| > 2^6·√V has probability e^−2048). */
const LARGEST_VARIANCE = 2 ** 40;
const WORD = 2 ** 32;
/** Leading bits of a word by which its block is looked up. */
const GUIDE_BITS = 10;

/**
 * The discrete Gaussian N_Z(0, V): P(x) ∝ e^(−x²/2V) on the integers, drawn exactly: a block of a step function that lies
 * nowhere below it is chosen by whole weights, a place in the block and a sign uniformly, and the result kept with probability
 * h₀·e^(−x²/2V)/height (rejection, von Neumann 1951; the decision as in Canonne, Kamath, Steinke 2020, exact). Each x is
 * then kept in proportion to height/width · h₀·e^(−x²/2V)/height, in which the height cancels. Half of the zeros are dropped,
 * which come with either sign.
 * No floating-point number is in the distribution: doubles only decide where their error cannot matter (`isBelowDecay`).
 */
export class DiscreteGaussian {
  readonly #variance: number;
  readonly #envelope: GaussianEnvelope;
  readonly #guide: Uint16Array;

  /**
   * @param variance - V, a whole number, 1 to 2^40
   * @throws ConsiliumError NOISE_INVALID
   */
  constructor(variance: number) {
    if (!Number.isInteger(variance) || variance < 1 || variance > LARGEST_VARIANCE)
      throw new ConsiliumError({
        code: 'NOISE_INVALID',
        errorClass: 'refused',
        message: `A noise variance of ${variance} is not possible.`,
        fix: 'Take a whole number, 1 to 2^40.',
      });
    this.#variance = variance;
    this.#envelope = gaussianEnvelope(variance);
    const { ends } = this.#envelope;
    this.#guide = Uint16Array.from({ length: 2 ** GUIDE_BITS }, (_, lead) => {
      const first = lead * 2 ** (32 - GUIDE_BITS);
      const block = ends.findIndex((end) => end > first);
      return block < 0 ? ends.length : block;
    });
  }

  draw(words: RandomWords): number {
    const { width, ends, total, shares } = this.#envelope;
    for (;;) {
      const word = words.next();
      if (word >= total) continue;
      let block = this.#guide[word >>> (32 - GUIDE_BITS)] ?? 0;
      while (word >= (ends[block] ?? total)) block += 1;
      let halvings = 0;
      if (block === ends.length) while (words.next() < WORD / 2) halvings += 1;
      // The sign and the place in the block are different bits of one word: a block is at most 2^17 wide.
      const place = words.next();
      const magnitude = (block + halvings) * width + (place & (width - 1));
      const negative = place >= WORD / 2;
      if (negative && magnitude === 0) continue;
      const first = words.next();
      if (first < (shares[block] ?? 0) || this.#keeps(first, words, magnitude, block, halvings)) return negative ? -magnitude : magnitude;
    }
  }

  /** Fills `target` with independent draws. */
  drawInto(target: Int32Array, words: RandomWords): void {
    for (let index = 0; index < target.length; index += 1) target[index] = this.draw(words);
  }

  /** Bernoulli of h₀·e^(−x²/2V) over the block's height, 2^−halvings in the tail. */
  #keeps(first: number, words: RandomWords, magnitude: number, block: number, halvings: number): boolean {
    const variance = this.#variance;
    const unit = this.#envelope.heights[0] ?? 0;
    const height = this.#envelope.heights[block] ?? 1;
    const near = ((unit * 2 ** halvings) / height) * Math.exp(-(magnitude * magnitude) / (2 * variance));
    return isBelowDecay(first, words, near, () => ({
      factor: [BigInt(unit) << BigInt(halvings), BigInt(height)],
      exponent: [BigInt(magnitude) ** 2n, 2n * BigInt(variance)],
    }));
  }
}
