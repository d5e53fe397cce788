/**
 * How many rows an engine takes at once. A batch that does not fit its memory is taken in halves under the same logical
 * batch, also in the rounds that follow: kept by whoever keeps the rows.
 */
export class PhysicalBatch {
  #rows = Infinity;
  #halvings = 0;

  get rows(): number {
    return this.#rows;
  }

  /** How often it was made smaller. Unlike the size, it says nothing of how many patients there are. */
  get halvings(): number {
    return this.#halvings;
  }

  /** @param tried - rows that did not fit @returns false where there is nothing smaller */
  halve(tried: number): boolean {
    if (tried <= 1) return false;
    this.#rows = Math.ceil(tried / 2);
    this.#halvings += 1;
    return true;
  }
}
