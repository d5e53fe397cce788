import { ConsiliumError } from '@consilium/protocol';
import type { RandomWords } from '../randomness/random-words.js';
import { decays } from './bernoulli.js';

/** Up to here |y|·t and V are exact in a double for every y that can be met (|y| > 2^13·t has probability e^−8192). */
const LARGEST_VARIANCE = 2 ** 40;
const WORD = 2 ** 32;

/**
 * The discrete Gaussian N_Z(0, V): P(x) ∝ e^(−x²/2V) on the integers, drawn exactly (Canonne, Kamath, Steinke 2020,
 * Algorithms 1 to 3): a discrete Laplace of scale t = ⌊√V⌋ + 1, kept with probability e^(−(|y| − V/t)²/2V).
 * No floating-point number is in the distribution: doubles only decide where their error cannot matter (`isBelow`).
 */
export class DiscreteGaussian {
  readonly #variance: number;
  readonly #scale: number;
  readonly #wordLimit: number;

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
    this.#scale = Math.floor(Math.sqrt(variance)) + 1;
    this.#wordLimit = WORD - (WORD % this.#scale);
  }

  draw(words: RandomWords): number {
    for (;;) {
      const laplace = this.#laplace(words);
      if (this.#keeps(words, Math.abs(laplace))) return laplace;
    }
  }

  /** Fills `target` with independent draws. */
  drawInto(target: Int32Array, words: RandomWords): void {
    for (let index = 0; index < target.length; index += 1) target[index] = this.draw(words);
  }

  /** Algorithm 2: P(x) ∝ e^(−|x|/t). */
  #laplace(words: RandomWords): number {
    const scale = this.#scale;
    for (;;) {
      const rest = this.#belowScale(words);
      if (!decays(words, rest / scale, () => [BigInt(rest), BigInt(scale)])) continue;
      let whole = 0;
      while (decays(words, 1, () => [1n, 1n])) whole += 1;
      const magnitude = rest + whole * scale;
      const negative = words.next() >= WORD / 2;
      if (!(negative && magnitude === 0)) return negative ? -magnitude : magnitude;
    }
  }

  #belowScale(words: RandomWords): number {
    let word = words.next();
    while (word >= this.#wordLimit) word = words.next();
    return word % this.#scale;
  }

  /** Bernoulli(e^−γ) with γ = (|y|·t − V)²/(2·V·t²), as a product of equal factors with exponents of at most 1. */
  #keeps(words: RandomWords, magnitude: number): boolean {
    const variance = this.#variance;
    const scale = this.#scale;
    const distance = magnitude * scale - variance;
    const gamma = (distance * distance) / (2 * variance * (scale * scale));
    const factors = gamma < 0.999 ? 1 : Math.floor(gamma) + 2;
    const exact = () => [BigInt(distance) ** 2n, 2n * BigInt(variance) * BigInt(scale) ** 2n * BigInt(factors)] as const;
    for (let factor = 0; factor < factors; factor += 1) if (!decays(words, gamma / factors, exact)) return false;
    return true;
  }
}
