/**
 * One writer per object. A site whose line was cut comes back before the coordinator has noticed that its old stream
 * is dead: the new stream ends the old one and waits until it has let go.
 */
export class UploadSlots {
  readonly #taken = new Map<string, { readonly end: () => void; readonly left: Promise<void> }>();

  /**
   * @param end - stops the stream that holds the slot
   * @returns to be called when the stream has closed its file
   */
  async enter(object: string, end: () => void): Promise<() => void> {
    for (let holder = this.#taken.get(object); holder; holder = this.#taken.get(object)) {
      holder.end();
      await holder.left;
    }
    const { promise: left, resolve } = Promise.withResolvers<void>();
    this.#taken.set(object, { end, left });
    return () => {
      this.#taken.delete(object);
      resolve();
    };
  }
}
