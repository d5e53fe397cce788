import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { TryLater } from '../refusals.js';

export interface Limits {
  /** Requests of one person or token in 10 seconds. */
  readonly perActor: number;
  /** Requests of one network (see `networkOf`) in a minute where a secret could be guessed: sign-in, one-time links. */
  readonly guesses: number;
  /** Requests of one network in a minute that nobody vouches for, or whose credential does not count. */
  readonly strangers: number;
}

export const DEFAULT_LIMITS: Limits = { perActor: 2_000, guesses: 60, strangers: 300 };

type Kind = keyof Limits;

const SECONDS: Record<Kind, number> = { perActor: 10, guesses: 60, strangers: 60 };

/** How often somebody may ask. In memory: one process serves the consortium, and a restart forgives. */
export class RateLimits {
  readonly #limiters: Record<Kind, RateLimiterMemory>;

  constructor(limits: Limits) {
    const limiter = (kind: Kind) => new RateLimiterMemory({ keyPrefix: kind, points: limits[kind], duration: SECONDS[kind] });
    this.#limiters = { perActor: limiter('perActor'), guesses: limiter('guesses'), strangers: limiter('strangers') };
  }

  /** @param key - who asks: an account, or a network. @throws TryLater RATE_LIMITED */
  async take(kind: Kind, key: string): Promise<void> {
    try {
      await this.#limiters[kind].consume(key);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new TryLater('RATE_LIMITED', 'Too many requests in a short time.', Math.max(1, Math.ceil(refused.msBeforeNext / 1_000)));
    }
  }
}
