import { expandNames, type SealParameters } from '@consilium/protocol';
import { blockRuns } from '../blocks/block-reader.js';
import { ciphertextRefused } from '../blocks/ciphertext-refused.js';
import { addValues } from '../check/check-values.js';
import { sumCheckFailed } from '../check/sum-check-failed.js';
import { laneCount, laneSlots, largestSum, segmentLanes } from '../lanes/lane-layout.js';
import type { MaskTerm } from '../masks/mask-sum.js';
import { startWork, type SumKeys } from './sum-keys.js';
import type { OpenAnswer, OpenedRun } from './sum-task.js';

export interface OpenRequest extends SumKeys {
  readonly path: string;
  /** Uploads that were added, 1 to `parameters.sites`. */
  readonly contributors: number;
  /** `selfKey` of every contributor's reconstructed b, in any order. */
  readonly selfMasks: readonly Uint8Array[];
}

/**
 * Takes the next lanes of a sum. What it gets is not yet checked: it must stand for nothing until `openStream` returns.
 * @param firstLane - index of the first of them
 */
export type LaneConsumer = (lanes: Int32Array, firstLane: number) => void | Promise<void>;

/**
 * Decrypts a fold, takes the self-masks off and checks it: see `openStream`.
 * @returns the exact sums of the contributors' lanes, `laneCount(parameters)` integers
 * @throws ConsiliumError SUM_CHECK without a reason; CIPHERTEXT_REFUSED, for length, header or range; BFV_KEY_INVALID
 */
export async function openFold(request: OpenRequest): Promise<Int32Array> {
  const sum = new Int32Array(laneCount(request.parameters));
  await openStream(request, (lanes, firstLane) => sum.set(lanes, firstLane));
  return sum;
}

/**
 * Decrypts a fold a run of blocks at a time, takes the self-masks off, hands the lanes on in order, and checks them:
 * check values, zeros in the coefficients that hold no slot, range |Σ| ≤ contributors·B of every lane (A with noise), and the count of
 * contributors where the layout has one. All blocks are decrypted before anything is compared, so that time tells
 * nothing either. Memory does not depend on the length of the sum.
 * @throws ConsiliumError SUM_CHECK without a reason; CIPHERTEXT_REFUSED, for length, header or range; BFV_KEY_INVALID,
 * SUM_WORKER_LOST; RangeError for a wrong number of contributors or of self-masks
 */
export async function openStream(request: OpenRequest, consume: LaneConsumer): Promise<void> {
  requireContributors(request);
  await openRuns(
    request,
    request.selfMasks.map((key) => ({ key, sign: -1 })),
    consume,
  );
}

/** {@link openStream} with any masks. @param masks - in the sum, with the signs that take them off */
export async function openRuns(request: Omit<OpenRequest, 'selfMasks'>, masks: readonly MaskTerm[], consume: LaneConsumer): Promise<void> {
  const { path, parameters, keyEpoch, contributors } = request;
  const work = await startWork(request, masks);
  const checks = new SumChecks(parameters, contributors);
  const takeIn = async (answered: Promise<OpenAnswer>) => {
    const run = await answered;
    if (run.kind === 'outOfRange') throw ciphertextRefused('The fold', `word ${run.word} of block ${run.block} is not below q`);
    await consume(run.lanes, checks.lanes);
    checks.add(run);
  };
  const ahead: Promise<OpenAnswer>[] = [];
  try {
    for await (const { firstBlock, bytes } of blockRuns({ kind: 'fold', path, parameters, keyEpoch })) {
      const run = work.open({ kind: 'open', firstBlock, bytes });
      // Where an earlier run fails, nobody waits for this one any more.
      run.catch(() => undefined);
      if (ahead.push(run) < work.ahead) continue;
      const next = ahead.shift();
      if (next) await takeIn(next);
    }
    for (const run of ahead) await takeIn(run);
  } finally {
    work.end();
  }
  if (!checks.passed()) throw sumCheckFailed();
}

function requireContributors({ parameters, contributors, selfMasks }: OpenRequest): void {
  if (!Number.isInteger(contributors) || contributors < 1 || contributors > parameters.sites)
    throw new RangeError(`${contributors} contributors; the sum takes 1 to ${parameters.sites}`);
  if (selfMasks.length !== contributors) throw new RangeError(`${selfMasks.length} self-masks of ${contributors} contributors`);
}

/** What is known of a sum once all its runs are in. */
class SumChecks {
  /** Lanes so far. */
  lanes = 0;
  readonly #parameters: SealParameters;
  readonly #contributors: number;
  /** Index of the lane that counts the contributors, where the layout has one. */
  readonly #countedAt: number | undefined;
  #check: readonly number[];
  #counted: number | undefined;
  #largest = 0;
  #restIsZero = true;
  readonly #carried: number[] = [];

  constructor(parameters: SealParameters, contributors: number) {
    this.#parameters = parameters;
    this.#contributors = contributors;
    this.#countedAt = contributorsLane(parameters);
    this.#check = Array.from({ length: parameters.slots - laneSlots(parameters) }, () => 0);
  }

  add({ lanes, check, carried, largest, restIsZero }: OpenedRun): void {
    this.#check = addValues(this.#check, check, this.#parameters.plainModulus);
    this.#carried.push(...carried);
    this.#restIsZero &&= restIsZero;
    this.#largest = Math.max(this.#largest, largest);
    if (this.#countedAt !== undefined) this.#counted ??= lanes[this.#countedAt - this.lanes];
    this.lanes += lanes.length;
  }

  passed(): boolean {
    const faults = [
      !this.#restIsZero,
      this.#check.some((value, k) => value !== this.#carried[k]),
      this.#largest > largestSum(this.#parameters, this.#contributors),
      this.#countedAt !== undefined && this.#counted !== this.#contributors,
    ];
    return !faults.includes(true);
  }
}

/** Each site put 1 into the lowest limb of `contributors`, where the layout has that count. */
function contributorsLane(parameters: SealParameters): number | undefined {
  const place = segmentLanes(parameters, 'counts');
  const index = expandNames(place?.segment.names ?? []).indexOf('contributors');
  return place && index >= 0 ? place.start + index * place.segment.limbs : undefined;
}
