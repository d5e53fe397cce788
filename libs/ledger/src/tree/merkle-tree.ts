import { emptyRoot, HASH_BYTES, nodeHash } from './hashes.js';

/** Hashes of one height, one after the other in one growing buffer. */
class Level {
  private bytes = Buffer.alloc(HASH_BYTES * 8);
  count = 0;

  push(hash: Uint8Array): void {
    const end = (this.count + 1) * HASH_BYTES;
    if (end > this.bytes.length) {
      const larger = Buffer.alloc(this.bytes.length * 2);
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    this.bytes.set(hash, this.count * HASH_BYTES);
    this.count += 1;
  }

  at(index: number): Buffer {
    return this.bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/**
 * An append-only Merkle tree, RFC 6962 section 2.1. Keeps the roots of all whole subtrees (64 bytes a leaf), so that
 * an append, a root of any earlier size and a proof each cost O(log n) hashes.
 */
export class MerkleTree {
  /** `levels[h]` at i: the root over leaves i·2^h to (i + 1)·2^h − 1. */
  private readonly levels: Level[] = [new Level()];

  get size(): number {
    return this.level(0).count;
  }

  /** @param hash - `leafHash` of the new last leaf, 32 bytes */
  append(hash: Uint8Array): void {
    let last: Buffer = Buffer.from(hash);
    for (let height = 0; ; height += 1) {
      const level = this.level(height);
      level.push(last);
      if (level.count % 2 === 1) return;
      last = nodeHash(level.at(level.count - 2), level.at(level.count - 1));
    }
  }

  /** A copy of the hash of a leaf, 32 bytes. @throws RangeError */
  leaf(index: number): Buffer {
    if (!(Number.isInteger(index) && index >= 0 && index < this.size)) throw new RangeError('no such leaf');
    return Buffer.from(this.level(0).at(index));
  }

  /** The root when the tree had `size` leaves. @throws RangeError */
  root(size: number = this.size): Buffer {
    if (!(Number.isInteger(size) && size >= 0 && size <= this.size)) throw new RangeError('the tree was never that large');
    return size === 0 ? emptyRoot() : this.range(0, size);
  }

  /**
   * PATH(index, D[size]) of RFC 6962 section 2.1.1, lowest sibling first.
   * @throws RangeError
   */
  inclusionProof(index: number, size: number = this.size): Buffer[] {
    if (!(Number.isInteger(index) && Number.isInteger(size) && index >= 0 && index < size && size <= this.size))
      throw new RangeError('no such leaf in a tree of that size');
    const proof: Buffer[] = [];
    let [start, end] = [0, size];
    while (end - start > 1) {
      const middle = start + largestPowerBelow(end - start);
      if (index < middle) {
        proof.push(this.range(middle, end));
        end = middle;
      } else {
        proof.push(this.range(start, middle));
        start = middle;
      }
    }
    return proof.reverse();
  }

  /**
   * PROOF(from, D[size]) of RFC 6962 section 2.1.2; empty where `from` is 0 or `size`.
   * @throws RangeError
   */
  consistencyProof(from: number, size: number = this.size): Buffer[] {
    if (!(Number.isInteger(from) && Number.isInteger(size) && from >= 0 && from <= size && size <= this.size))
      throw new RangeError('no such earlier tree');
    if (from === 0 || from === size) return [];
    const proof: Buffer[] = [];
    let [start, end] = [0, size];
    while (end !== from) {
      const middle = start + largestPowerBelow(end - start);
      if (from <= middle) {
        proof.push(this.range(middle, end));
        end = middle;
      } else {
        proof.push(this.range(start, middle));
        start = middle;
      }
    }
    // The verifier knows the old root itself where the old tree is one whole subtree.
    if (start !== 0) proof.push(this.range(start, end));
    return proof.reverse();
  }

  /** The root over leaves `start` to `end` − 1, `start` a multiple of the power of two that covers the range. */
  private range(start: number, end: number): Buffer {
    const count = end - start;
    const height = 31 - Math.clz32(count);
    if (count === 2 ** height) return Buffer.from(this.level(height).at(start / count));
    const middle = start + 2 ** height;
    return nodeHash(this.range(start, middle), this.range(middle, end));
  }

  private level(height: number): Level {
    return (this.levels[height] ??= new Level());
  }
}

/** The largest power of two below n, n ≥ 2. */
export function largestPowerBelow(n: number): number {
  return 2 ** (31 - Math.clz32(n - 1));
}
