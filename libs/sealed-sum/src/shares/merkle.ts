import { createHash } from 'node:crypto';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** Merkle tree hash of RFC 6962 section 2.1: SHA-256 with 0x00 before a leaf and 0x01 before two children. At least one leaf. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (!only) throw new RangeError('a tree has at least one leaf');
  if (leaves.length === 1) return sha256(LEAF, only);
  const left = leftSize(leaves.length);
  return sha256(NODE, merkleRoot(leaves.slice(0, left)), merkleRoot(leaves.slice(left)));
}

/** Audit path of a leaf, from its sibling upwards (RFC 6962 section 2.1.1). */
export function merklePath(leaves: readonly Uint8Array[], index: number): readonly Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`there is no leaf ${index}`);
  if (leaves.length === 1) return [];
  const left = leftSize(leaves.length);
  return index < left
    ? [...merklePath(leaves.slice(0, left), index), merkleRoot(leaves.slice(left))]
    : [...merklePath(leaves.slice(left), index - left), merkleRoot(leaves.slice(0, left))];
}

/** The root that a leaf has if `path` is its audit path in a tree of `count` leaves; nothing for a path of another length. */
export function rootFromPath(leaf: Uint8Array, index: number, count: number, path: readonly Uint8Array[]): Buffer | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= count) return undefined;
  const last = path.at(-1);
  if (count === 1) return path.length === 0 ? sha256(LEAF, leaf) : undefined;
  if (!last) return undefined;
  const left = leftSize(count);
  const below = path.slice(0, -1);
  if (index < left) {
    const root = rootFromPath(leaf, index, left, below);
    return root && sha256(NODE, root, last);
  }
  const root = rootFromPath(leaf, index - left, count - left, below);
  return root && sha256(NODE, last, root);
}

/** Largest power of two smaller than `count`. */
function leftSize(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
