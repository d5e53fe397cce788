import type { SealParameters } from '@consilium/protocol';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { droppedMasks, roundKeyPair, selfKey, siteMasks } from '../src/index.js';
import type { World } from './world.js';

/** Sites with fresh keys of one attempt. */
export const seatsOf = (sites: number) =>
  Array.from({ length: sites }, (_, index) => ({ index, ...roundKeyPair(), selfSecret: randomBytes(32) }));

export interface MaskedRound {
  readonly parameters: SealParameters;
  /** Lanes of every site of U2. */
  readonly contributions: readonly Int32Array[];
  /** Sites of U2 that never uploaded. */
  readonly missing?: ReadonlySet<number>;
  /** Who shares a mask with whom; everybody with everybody where it is not given. */
  readonly neighbours?: (index: number) => readonly number[];
}

/** A round with masks from fresh keys to the opened sum: seal, fold without the missing sites' masks, open. */
export async function openMaskedRound(world: World, { parameters, contributions, missing = new Set(), neighbours }: MaskedRound) {
  const transcript = randomBytes(32);
  const seats = seatsOf(contributions.length);
  const peersOf = (index: number) => seats.filter((peer) => peer.index !== index && (neighbours?.(index).includes(peer.index) ?? true));
  const present = seats.filter(({ index }) => !missing.has(index));
  const uploads: string[] = [];
  for (const seat of present)
    uploads.push(await world.upload(parameters, contributions[seat.index]!, { masks: siteMasks(seat, peersOf(seat.index), transcript) }));
  const dropped = seats
    .filter(({ index }) => missing.has(index))
    .flatMap((seat) =>
      droppedMasks(
        seat,
        peersOf(seat.index).filter(({ index }) => !missing.has(index)),
        transcript,
      ),
    );
  const fold = await world.fold(parameters, uploads, dropped);
  for (const upload of uploads) await rm(upload);
  return world.open(parameters, fold, present.length, { selfMasks: present.map(({ selfSecret }) => selfKey(selfSecret, transcript)) });
}
