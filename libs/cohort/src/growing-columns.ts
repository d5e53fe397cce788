/** Typed storage that grows by doubling: rows arrive one by one and their number is not known before. */
export class GrowingFloats {
  #values = new Float32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** A view on what was pushed. */
  get values(): Float32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Digests of equal length, one a row. */
export class GrowingDigests {
  #bytes: Buffer;
  #length = 0;

  constructor(readonly width: number) {
    this.#bytes = Buffer.alloc(width * 1024);
  }

  push(digest: Buffer): void {
    if ((this.#length + 1) * this.width > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    digest.copy(this.#bytes, this.#length * this.width, 0, this.width);
    this.#length += 1;
  }

  get count(): number {
    return this.#length;
  }

  at(index: number): Buffer {
    return this.#bytes.subarray(index * this.width, (index + 1) * this.width);
  }

  /** Indices of the digests in the order of their bytes; equal ones as they came. */
  order(): Uint32Array {
    return Uint32Array.from({ length: this.#length }, (_, index) => index).sort((a, b) => this.at(a).compare(this.at(b)) || a - b);
  }
}
