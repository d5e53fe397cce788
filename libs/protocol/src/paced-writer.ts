/** Enough to keep the line busy while the next message is read; few enough to be no memory. */
const AHEAD = 6;

/** The writing side of a gRPC call, of either end. */
export interface MessageSink<Message> {
  write(message: Message, taken: (error?: Error | null) => void): unknown;
}

/**
 * Writes to a call a few messages ahead of what the line has taken. A stream's own `drain` comes only when all of its
 * sixteen messages are gone: on a slow line that is minutes without a sign of progress.
 */
export class PacedWriter<Message> {
  #ahead = 0;
  #wake: () => void = () => undefined;

  /**
   * @param moved - told of every message that the line has taken
   * @param over - aborts when the call has ended, however it did
   */
  constructor(
    private readonly call: MessageSink<Message>,
    private readonly moved: () => void,
    private readonly over: AbortSignal,
  ) {
    over.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Resolves when the next message may be written, or the call is over. */
  async write(message: Message): Promise<void> {
    this.#ahead += 1;
    this.call.write(message, (error) => {
      this.#ahead -= 1;
      if (!error) this.moved();
      this.#wake();
    });
    while (this.#ahead >= AHEAD && !this.over.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
