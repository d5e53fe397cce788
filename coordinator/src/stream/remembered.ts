/** Answers that many ask for at one time: worked out once, and handed to everybody for a while. */
export class Remembered<T> {
  readonly #known = new Map<string, { readonly until: number; readonly value: Promise<T> }>();

  /** @param forMs - how old an answer may be */
  constructor(
    private readonly forMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param key - equal keys, equal answers */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const now = this.now();
    for (const [name, { until }] of this.#known) if (until <= now) this.#known.delete(name);
    const known = this.#known.get(key);
    if (known) return known.value;
    const value = make();
    this.#known.set(key, { until: now + this.forMs, value });
    // One that failed is asked anew.
    value.catch(() => this.#known.delete(key));
    return value;
  }
}
