/** Typed storage that grows by doubling: rows arrive one by one and their number is not known before. */
class Growing<A extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
  #values: A;
  #length = 0;

  constructor(readonly make: (length: number) => A) {
    this.#values = make(1024);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = this.make(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** A view on what was pushed. */
  get values(): A {
    return this.#values.subarray(0, this.#length) as A;
  }
}

export class GrowingFloats extends Growing<Float32Array<ArrayBuffer>> {
  constructor() {
    super((length) => new Float32Array(length));
  }
}

export class GrowingWords extends Growing<Uint32Array<ArrayBuffer>> {
  constructor() {
    super((length) => new Uint32Array(length));
  }
}

const DIGEST_BYTES = 32;

/** SHA-256 digests, one a row. */
export class GrowingDigests {
  #bytes = Buffer.alloc(DIGEST_BYTES * 1024);
  #length = 0;

  push(digest: Buffer): void {
    if ((this.#length + 1) * DIGEST_BYTES > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    digest.copy(this.#bytes, this.#length * DIGEST_BYTES);
    this.#length += 1;
  }

  at(index: number): Buffer {
    return this.#bytes.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  }

  /** Indices of the digests in the order of their bytes; equal ones as they came. */
  order(): Uint32Array {
    // The first 48 bits decide nearly always, as one number; whole digests are compared where they are equal.
    const heads = Float64Array.from({ length: this.#length }, (_, index) => this.#bytes.readUIntBE(index * DIGEST_BYTES, 6));
    return Uint32Array.from(heads.keys()).sort((a, b) => (heads[a] ?? 0) - (heads[b] ?? 0) || this.at(a).compare(this.at(b)) || a - b);
  }
}
