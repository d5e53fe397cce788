import { timingSafeEqual } from 'node:crypto';
import { merklePath, merkleRoot, rootFromPath } from './merkle.js';

/**
 * What a site deals in one block, in order: to each holder a box with one share for each secret of each seat. The root is
 * a Merkle tree over the boxes, each itself a Merkle tree over its shares, so that a holder checks its whole box with
 * one path, and anybody a single share with two. Leaves need no labels: their places say whose they are and for what.
 */
export type DealtBoxes = readonly (readonly Uint8Array[])[];

/** One dealer's boxes as seen by a verifier. */
export interface DealtShape {
  /** Boxes: one for each holder. */
  readonly holders: number;
  /** Shares in each box. */
  readonly shares: number;
}

/** Where a share lies. */
export interface SharePlace {
  /** Place of the holder among the holders. */
  readonly holder: number;
  /** Place of the share in the box. */
  readonly share: number;
}

export interface ShareProof {
  /** From the share to its box. */
  readonly inBox: readonly Uint8Array[];
  /** From the box to the root. */
  readonly ofBox: readonly Uint8Array[];
}

/** The 32 bytes that a dealer signs for all shares of a block (PROTOCOL.md section 4, step 2). */
export function shareRoot(boxes: DealtBoxes): Buffer {
  return merkleRoot(boxes.map(merkleRoot));
}

/** What goes with each box, so that its holder can check all of it. */
export function boxProofs(boxes: DealtBoxes): readonly (readonly Buffer[])[] {
  const roots = boxes.map(merkleRoot);
  return roots.map((_, holder) => merklePath(roots, holder));
}

/** Whether a box is what its dealer signed for this holder. */
export function verifyBox(
  box: readonly Uint8Array[],
  holder: number,
  ofBox: readonly Uint8Array[],
  root: Uint8Array,
  shape: DealtShape,
): boolean {
  return box.length === shape.shares && leadsTo(root, rootFromPath(merkleRoot(box), holder, shape.holders, ofBox));
}

/** What a holder sends along when it releases one share of a box. */
export function shareProof(box: readonly Uint8Array[], share: number, ofBox: readonly Uint8Array[]): ShareProof {
  return { inBox: merklePath(box, share), ofBox };
}

/** Whether a released share is the one that its dealer signed for that holder, seat and secret. */
export function verifyShare(share: Uint8Array, place: SharePlace, proof: ShareProof, root: Uint8Array, shape: DealtShape): boolean {
  const box = rootFromPath(share, place.share, shape.shares, proof.inBox);
  return box !== undefined && leadsTo(root, rootFromPath(box, place.holder, shape.holders, proof.ofBox));
}

function leadsTo(root: Uint8Array, computed: Buffer | undefined): boolean {
  return computed !== undefined && root.length === computed.length && timingSafeEqual(root, computed);
}
