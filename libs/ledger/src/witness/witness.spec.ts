import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../../test/memory-disk.js';
import { newSigner, readKey } from '../../test/world.js';
import { signCheckpoint } from '../notes/checkpoint.js';
import { leafHash } from '../tree/hashes.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { colludingWitnesses, witnessQuorum } from './quorum.js';
import { openWitness } from './witness.js';
import { witnessStore } from './witness-store.js';

const origin = 'cardio/st-elsewhere/heart';
const owner = newSigner();
const tree = new MerkleTree();
for (let leaf = 0; leaf < 20; leaf += 1) tree.append(leafHash(Buffer.of(leaf)));
const other = new MerkleTree();
for (let leaf = 0; leaf < 20; leaf += 1) other.append(leafHash(Buffer.of(leaf === 4 ? 99 : leaf)));

const note = (size: number, of = tree, signer = owner, name = origin) =>
  signCheckpoint({ origin: name, size, root: of.root(size) }, signer);
const growth = (from: number, size: number, of = tree) => ({ checkpoint: note(size, of), from, proof: of.consistencyProof(from, size) });

function witnessOn(disk = new MemoryDisk()) {
  const store = witnessStore(disk, '/witness');
  const signer = newSigner();
  const open = () =>
    openWitness({
      consortium: 'cardio',
      site: 'zurich',
      signer,
      readKey,
      store,
      now: () => 1_700_000_000_000,
      keysOf: (name) => (name === origin ? [owner.publicKey] : []),
    });
  return { disk, store, open, witness: open() };
}

describe('a witness', () => {
  it('cosigns what grew from the last that it cosigned, also over a restart', async () => {
    const { witness, open } = witnessOn();
    expect(await witness.cosign(growth(0, 3))).toMatchObject({ kind: 'cosigned', line: expect.stringMatching(/^— cardio\/zurich /) });
    expect(await open().cosign(growth(3, 9))).toMatchObject({ kind: 'cosigned' });
    expect(await open().cosign(growth(9, 9))).toMatchObject({ kind: 'cosigned' });
  });

  it('asked from another size, says which one it holds', async () => {
    const { witness } = witnessOn();
    expect(await witness.cosign(growth(2, 3))).toEqual({ kind: 'conflict', size: 0, held: null });
    await witness.cosign(growth(0, 5));
    expect(await witness.cosign(growth(3, 9))).toMatchObject({ kind: 'conflict', size: 5 });
    expect(await witness.cosign(growth(0, 9))).toMatchObject({ kind: 'conflict', size: 5 });
  });

  it('cosigns no smaller and no different tree, and keeps both notes as evidence', async () => {
    const { witness, store } = witnessOn();
    await witness.cosign(growth(0, 9));
    const held = await store.last(origin);
    expect(await witness.cosign(growth(5, 8))).toMatchObject({ kind: 'conflict', size: 9 });
    expect(await witness.cosign(growth(9, 9, other))).toMatchObject({ kind: 'conflict', size: 9 });
    expect(await witness.cosign(growth(9, 12, other))).toEqual({ kind: 'refused', why: 'bad-proof' });
    expect(await witness.cosign(growth(9, 12, other))).toEqual({ kind: 'refused', why: 'bad-proof' });
    expect(await store.last(origin)).toBe(held);
    expect(await store.evidence(origin)).toEqual([note(8), note(9, other), note(12, other)].map((offered) => ({ held, offered })));
  });

  it('refuses notes by strangers, of strangers, and what is no note', async () => {
    const { witness } = witnessOn();
    const ask = (checkpoint: string) => witness.cosign({ checkpoint, from: 0, proof: [] });
    expect(await ask(note(3, tree, newSigner()))).toEqual({ kind: 'refused', why: 'not-signed' });
    expect(await ask(note(3, tree, owner, 'cardio/nobody/heart'))).toEqual({ kind: 'refused', why: 'unknown-origin' });
    expect(await ask('')).toEqual({ kind: 'refused', why: 'unreadable' });
  });

  it('says nothing that is not on its disk first, and of two at once only one', async () => {
    const { witness, disk, open } = witnessOn();
    disk.trouble = () => 'crash-before';
    await expect(witness.cosign(growth(0, 3))).rejects.toThrow('before');
    disk.trouble = () => undefined;
    expect(await open().cosign(growth(0, 5))).toMatchObject({ kind: 'cosigned' });
    const both = await Promise.all([witness.cosign(growth(5, 9)), witness.cosign(growth(5, 9, other))]);
    expect(both.map(({ kind }) => kind)).toEqual(['cosigned', 'conflict']);
  });
});

describe('the quorum of witnesses', () => {
  it('is the smallest for which any two share an honest one, and all of them at 2 and 3', () => {
    expect([2, 3, 4, 5, 6, 9, 12, 99].map(witnessQuorum)).toEqual([2, 3, 3, 4, 5, 7, 9, 67]);
    for (let witnesses = 2; witnesses < 400; witnesses += 1) {
      const [w, c] = [witnessQuorum(witnesses), colludingWitnesses(witnesses)];
      expect(2 * w > witnesses + c && w <= witnesses).toBe(true);
      expect(2 * (w - 1) > witnesses + c).toBe(false);
    }
    expect(() => witnessQuorum(1)).toThrow(RangeError);
  });
});
