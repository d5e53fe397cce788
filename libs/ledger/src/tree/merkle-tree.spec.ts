import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConsistency, checkInclusion } from './check-proofs.js';
import { leafHash } from './hashes.js';
import { MerkleTree } from './merkle-tree.js';

// The sample leaves, roots and proofs of the Certificate Transparency projects (RFC 6962): google/certificate-transparency,
// cpp/merkletree/merkle_tree_test.cc; the same in transparency-dev/merkle, proof/verify_test.go. Leaves there count from 1.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const A = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const B = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const C = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const D = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const E = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const F = 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7';
const G = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const INCLUSION: readonly (readonly [leaf: number, size: number, proof: readonly string[]])[] = [
  [1, 1, []],
  [1, 8, [A, B, C]],
  [6, 8, [D, E, F]],
  [3, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [2, 5, ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', B, D]],
];
const CONSISTENCY: readonly (readonly [from: number, size: number, proof: readonly string[]])[] = [
  [1, 1, []],
  [1, 8, [A, B, C]],
  [6, 8, [G, E, F]],
  [2, 5, [B, D]],
  [6, 7, [G, 'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f', F]],
];

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (text: string) => Buffer.from(text, 'hex');
const sample = treeOf(LEAVES.map((leaf) => leafHash(fromHex(leaf))));

function treeOf(leaves: readonly Uint8Array[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

/** MTH(D[n]) as RFC 6962 section 2.1 writes it down, without any kept subtree. */
function rootByDefinition(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return Buffer.from(only);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return createHash('sha256')
    .update(Buffer.of(1))
    .update(rootByDefinition(leaves.slice(0, k)))
    .update(rootByDefinition(leaves.slice(k)))
    .digest();
}

describe('the Merkle tree', () => {
  it('has the published root at every size of the sample, also as an earlier size', () => {
    expect(hex(new MerkleTree().root())).toBe(EMPTY_ROOT);
    expect(hex(sample.root(0))).toBe(EMPTY_ROOT);
    for (const [index, root] of ROOTS.entries()) {
      expect(hex(sample.root(index + 1))).toBe(root);
      expect(hex(treeOf(LEAVES.slice(0, index + 1).map((leaf) => leafHash(fromHex(leaf)))).root())).toBe(root);
    }
  });

  it.each(INCLUSION)('gives the published proof that leaf %i is in the tree of %i', (leaf, size, proof) => {
    expect(sample.inclusionProof(leaf - 1, size).map(hex)).toEqual(proof);
    const claim = { index: leaf - 1, size, leaf: sample.leaf(leaf - 1), proof: proof.map(fromHex) };
    expect(checkInclusion(claim, fromHex(ROOTS[size - 1]!))).toBe(true);
  });

  it.each(CONSISTENCY)('gives the published proof that the tree of %i grew into that of %i', (from, size, proof) => {
    expect(sample.consistencyProof(from, size).map(hex)).toEqual(proof);
    const claim = { from, fromRoot: sample.root(from), size, root: sample.root(size), proof: proof.map(fromHex) };
    expect(checkConsistency(claim)).toBe(true);
  });

  it('agrees with the definition, and proves every leaf and every earlier size, for all sizes to 70', () => {
    const leaves = Array.from({ length: 70 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
    const tree = treeOf(leaves);
    for (let size = 1; size <= leaves.length; size += 1) {
      const root = tree.root(size);
      expect(root).toEqual(rootByDefinition(leaves.slice(0, size)));
      for (let index = 0; index < size; index += 1)
        expect(checkInclusion({ index, size, leaf: leaves[index]!, proof: tree.inclusionProof(index, size) }, root)).toBe(true);
      for (let from = 0; from <= size; from += 1)
        expect(checkConsistency({ from, fromRoot: tree.root(from), size, root, proof: tree.consistencyProof(from, size) })).toBe(true);
    }
  });

  it('accepts no proof with one bit, hash, index or size changed', () => {
    const spoiled = fc.record({
      size: fc.integer({ min: 2, max: 40 }),
      at: fc.nat(),
      other: fc.nat(),
      bit: fc.nat(255),
      how: fc.constantFrom('bit', 'drop', 'add', 'index', 'root'),
    });
    const tree = treeOf(Array.from({ length: 41 }, (_, index) => leafHash(Buffer.of(index))));
    fc.assert(
      fc.property(spoiled, ({ size, at, other, bit, how }) => {
        const index = at % size;
        const proof = tree.inclusionProof(index, size);
        const hit = other % proof.length;
        const flipped = (bytes: Buffer) => Buffer.from(bytes.map((byte, place) => (place === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
        const wrong = {
          bit: () => ({ index, size, proof: proof.map((hash, place) => (place === hit ? flipped(hash) : hash)), root: tree.root(size) }),
          drop: () => ({ index, size, proof: proof.filter((_, place) => place !== hit), root: tree.root(size) }),
          add: () => ({ index, size, proof: [...proof.slice(0, hit), tree.leaf(0), ...proof.slice(hit)], root: tree.root(size) }),
          index: () => ({ index: (index + 1 + (other % (size - 1))) % size, size, proof, root: tree.root(size) }),
          root: () => ({ index, size, proof, root: flipped(tree.root(size)) }),
        }[how]();
        expect(checkInclusion({ ...wrong, leaf: tree.leaf(index) }, wrong.root)).toBe(false);

        const from = 1 + (at % (size - 1));
        const growth = tree.consistencyProof(from, size);
        const place = growth.length === 0 ? 0 : other % growth.length;
        const broken = {
          bit: { proof: growth.map((hash, step) => (step === place ? flipped(hash) : hash)) },
          drop: { proof: growth.filter((_, step) => step !== place) },
          add: { proof: [...growth.slice(0, place), tree.leaf(0), ...growth.slice(place)] },
          index: { fromRoot: tree.root(from - 1) },
          root: { root: flipped(tree.root(size)) },
        }[how];
        expect(checkConsistency({ from, fromRoot: tree.root(from), size, root: tree.root(size), proof: growth, ...broken })).toBe(false);
      }),
    );
  });

  it('takes no time travel: an earlier tree is not a later one', () => {
    expect(checkConsistency({ from: 2, fromRoot: sample.root(2), size: 1, root: sample.root(1), proof: [] })).toBe(false);
    expect(checkConsistency({ from: 1, fromRoot: sample.root(1), size: 2, root: sample.root(2), proof: [] })).toBe(false);
    expect(checkConsistency({ from: 3, fromRoot: sample.root(3), size: 3, root: sample.root(2), proof: [] })).toBe(false);
  });
});
