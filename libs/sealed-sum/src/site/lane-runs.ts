/** Lanes at once, or in pieces of any length, as a generator may make them. */
export type LaneSource = Int32Array | AsyncIterable<Int32Array>;

/** Hands lanes out in runs of the lengths asked for, whatever the pieces they came in. Every run is a copy of its own. */
export class LaneRuns {
  readonly #pieces: AsyncIterator<Int32Array>;
  #piece: Int32Array = new Int32Array(0);
  #given = 0;

  constructor(source: LaneSource) {
    this.#pieces = (source instanceof Int32Array ? whole(source) : source)[Symbol.asyncIterator]();
  }

  /** @throws RangeError where the source ends before */
  async take(length: number): Promise<Int32Array<ArrayBuffer>> {
    const run = new Int32Array(length);
    for (let at = 0; at < length;) {
      if (this.#piece.length === 0 && !(await this.#advance())) throw new RangeError(`the lanes end after ${this.#given + at}`);
      const part = this.#piece.subarray(0, length - at);
      run.set(part, at);
      this.#piece = this.#piece.subarray(part.length);
      at += part.length;
    }
    this.#given += length;
    return run;
  }

  /** @throws RangeError where there are more lanes */
  async requireEnd(): Promise<void> {
    if (this.#piece.length > 0 || (await this.#advance())) throw new RangeError(`there are more than ${this.#given} lanes`);
  }

  /** Lets a source that is not read to its end release what it holds. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** @returns whether there is another piece */
  async #advance(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#pieces.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#piece = value;
      return true;
    }
  }
}

async function* whole(lanes: Int32Array): AsyncGenerator<Int32Array> {
  yield lanes;
}
