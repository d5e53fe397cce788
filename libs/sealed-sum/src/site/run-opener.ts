// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import type { Bfv } from '../bfv/context.ts';
import { RING } from '../bfv/ring.ts';
import { BLOCK_BYTES } from '../blocks/block-file.ts';
import { firstWordOutOfRange } from '../blocks/word-range.ts';
import { CheckValues } from '../check/check-values.ts';
import { readWord, unpackSlots } from '../lanes/slots.ts';
import { MaskSum } from '../masks/mask-sum.ts';
import { BlockOpener } from './block-opener.ts';
import type { OpenAnswer, OpenTask, SumJob } from './sum-task.ts';

/** Decrypts runs of blocks of one fold, takes the masks off, unpacks. Compares nothing. Delete it. */
export class RunOpener {
  readonly #job: SumJob;
  readonly #opener: BlockOpener;
  readonly #masks: MaskSum;

  constructor(bfv: Bfv, job: SumJob) {
    this.#job = job;
    this.#masks = new MaskSum(job.masks);
    this.#opener = new BlockOpener(bfv, job.bfvKey);
  }

  open({ firstBlock, bytes }: OpenTask): OpenAnswer {
    const word = firstWordOutOfRange(bytes, BigInt(RING.coefficientModulus));
    const wordsInBlock = BLOCK_BYTES.fold / 8;
    if (word >= 0) return { kind: 'outOfRange', block: firstBlock + Math.floor(word / wordsInBlock), word: word % wordsInBlock };
    const { degree, slots, laneSlots, checkKey, plainModulus } = this.#job;
    const blocks = bytes.length / BLOCK_BYTES.fold;
    const within = (slot: number) => Math.min(Math.max(slot - firstBlock * degree, 0), blocks * degree);
    const lanes = new Int32Array(2 * within(laneSlots));
    const carried: number[] = [];
    let restIsZero = true;
    for (let block = 0; block < blocks; block++) {
      const { words, coefficients } = this.#opener;
      this.#opener.open(bytes.subarray(block * BLOCK_BYTES.fold, (block + 1) * BLOCK_BYTES.fold));
      if (this.#job.masks.length > 0) this.#masks.addTo(coefficients, firstBlock + block);
      unpackSlots(words, lanes.subarray(2 * degree * block, 2 * degree * (block + 1)), this.#job);
      const first = (firstBlock + block) * degree;
      const last = Math.min(first + degree, slots);
      for (let slot = Math.max(first, laneSlots); slot < last; slot++) carried.push(readWord(words, slot - first));
      restIsZero &&= words.subarray(2 * (last - first)).every((half) => half === 0);
    }
    const check = new CheckValues(checkKey, slots - laneSlots, plainModulus, 2 * degree * firstBlock);
    check.add(lanes);
    return { kind: 'opened', lanes, check: check.values(), carried, largest: largestOf(lanes), restIsZero };
  }

  delete(): void {
    this.#opener.delete();
  }
}

function largestOf(lanes: Int32Array): number {
  let largest = 0;
  for (let at = 0; at < lanes.length; at++) {
    const magnitude = Math.abs(lanes[at] ?? 0);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
