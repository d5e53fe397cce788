/** Bits, most significant first, with a zero byte behind each FF (ITU-T T.81 F.1.2.3). */
export class BitWriter {
  readonly bytes: number[] = [];
  #bits = 0;
  #count = 0;

  put(value: number, length: number): void {
    for (let at = length - 1; at >= 0; at -= 1) {
      this.#bits = this.#bits * 2 + (Math.floor(value / 2 ** at) % 2);
      this.#count += 1;
      if (this.#count === 8) this.#flush();
    }
  }

  /** Fills up with ones. */
  align(): void {
    while (this.#count > 0) this.put(1, 1);
  }

  #flush(): void {
    this.bytes.push(this.#bits);
    if (this.#bits === 0xff) this.bytes.push(0);
    this.#bits = 0;
    this.#count = 0;
  }
}

export const word = (value: number): readonly number[] => [Math.floor(value / 256), value % 256];
