import { nodeHash } from './hashes.js';
import { largestPowerBelow } from './merkle-tree.js';

/** Where a leaf is said to be in a tree. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  /** 32 bytes. */
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether a leaf is in the tree of that root (RFC 9162 section 2.1.3.2, written from the definition of PATH). */
export function checkInclusion({ index, size, leaf, proof }: Inclusion, root: Uint8Array): boolean {
  if (!isTreeSize(size) || !Number.isInteger(index) || index < 0 || index >= size) return false;
  const walk = (start: number, end: number, used: number): Uint8Array | undefined => {
    if (end - start === 1) return used === 0 ? leaf : undefined;
    const sibling = proof[used - 1];
    if (sibling === undefined) return undefined;
    const middle = start + largestPowerBelow(end - start);
    const below = index < middle ? walk(start, middle, used - 1) : walk(middle, end, used - 1);
    if (below === undefined) return undefined;
    return index < middle ? nodeHash(below, sibling) : nodeHash(sibling, below);
  };
  const computed = walk(0, size, proof.length);
  return computed !== undefined && same(computed, root);
}

/** What is said of an earlier and a later tree. */
export interface Growth {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether the later tree only appends to the earlier one (RFC 9162 section 2.1.4.2, written from the definition of
 * PROOF). The proof is empty where `from` is 0 or equals `size`.
 */
export function checkConsistency({ from, fromRoot, size, root, proof }: Growth): boolean {
  if (from === size) return proof.length === 0 && same(fromRoot, root);
  if (!isTreeSize(size) || !Number.isInteger(from) || from < 0 || from > size) return false;
  if (from === 0) return proof.length === 0;
  const walk = (start: number, end: number, used: number): Roots | undefined => {
    if (end === from) return innermost(start, used);
    const sibling = proof[used - 1];
    if (sibling === undefined) return undefined;
    const middle = start + largestPowerBelow(end - start);
    if (from <= middle) {
      const below = walk(start, middle, used - 1);
      return below && { earlier: below.earlier, later: nodeHash(below.later, sibling) };
    }
    const below = walk(middle, end, used - 1);
    return below && { earlier: nodeHash(sibling, below.earlier), later: nodeHash(sibling, below.later) };
  };
  const innermost = (start: number, used: number): Roots | undefined => {
    if (start === 0) return used === 0 ? { earlier: fromRoot, later: fromRoot } : undefined;
    const whole = proof[0];
    return used === 1 && whole !== undefined ? { earlier: whole, later: whole } : undefined;
  };
  const roots = walk(0, size, proof.length);
  return roots !== undefined && same(roots.earlier, fromRoot) && same(roots.later, root);
}

interface Roots {
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
}

/** Larger ones would need other arithmetic, and no ledger comes near. */
function isTreeSize(size: number): boolean {
  return Number.isInteger(size) && size >= 0 && size < 2 ** 31;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one).equals(other);
}
