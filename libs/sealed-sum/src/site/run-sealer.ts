// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import type { Bfv } from '../bfv/context.ts';
import { BLOCK_BYTES } from '../blocks/block-file.ts';
import { addValues, CheckValues } from '../check/check-values.ts';
import { packSlots, writeWord } from '../lanes/slots.ts';
import { MaskSum } from '../masks/mask-sum.ts';
import { BlockSealer } from './block-sealer.ts';
import type { SealedRun, SealTask, SumJob } from './sum-task.ts';

/** Packs, masks and encrypts runs of blocks of one contribution. Delete it. */
export class RunSealer {
  readonly #job: SumJob;
  readonly #sealer: BlockSealer;
  readonly #masks: MaskSum;

  constructor(bfv: Bfv, job: SumJob) {
    this.#job = job;
    this.#masks = new MaskSum(job.masks);
    this.#sealer = new BlockSealer(bfv, job.bfvKey);
  }

  seal({ firstBlock, blocks, lanes, checkBefore }: SealTask): SealedRun {
    const { degree, slots, laneSlots, checkKey, plainModulus } = this.#job;
    const check = new CheckValues(checkKey, slots - laneSlots, plainModulus, 2 * degree * firstBlock);
    check.add(lanes);
    const values = checkBefore ? addValues(checkBefore, check.values(), plainModulus) : [];
    const bytes = new Uint8Array(blocks * BLOCK_BYTES.upload);
    for (let block = 0; block < blocks; block++) {
      this.#fill(firstBlock + block, lanes.subarray(2 * degree * block, 2 * degree * (block + 1)), values);
      this.#sealer.sealInto(bytes.subarray(block * BLOCK_BYTES.upload, (block + 1) * BLOCK_BYTES.upload));
    }
    return { kind: 'sealed', bytes, check: check.values() };
  }

  delete(): void {
    this.#sealer.delete();
  }

  /** Every coefficient gets its mask, those of the check values and those after the last slot too. */
  #fill(block: number, lanes: Int32Array, checkValues: readonly number[]): void {
    const { words, coefficients } = this.#sealer;
    const { degree, laneSlots } = this.#job;
    words.fill(0);
    packSlots(lanes, words, this.#job);
    checkValues.forEach((value, k) => {
      const at = laneSlots + k - block * degree;
      if (at >= 0 && at < degree) writeWord(words, at, value);
    });
    if (this.#job.masks.length > 0) this.#masks.addTo(coefficients, block);
  }
}
