import { ConsiliumError, type SealParameters } from '@consilium/protocol';
import { bfvContext } from '../bfv/context.js';
import { RING } from '../bfv/ring.js';
import { writeDurably, type WrittenFile } from '../blocks/durable-file.js';
import { fileHeader } from '../blocks/file-header.js';
import { CheckValues } from '../check/check-values.js';
import { laneCount, laneSlots } from '../lanes/lane-layout.js';
import { packSlots, writeWord } from '../lanes/slots.js';
import { BlockSealer } from './block-sealer.js';

/** What both ends of a sum share: the parameter object and the keys of one attempt. */
export interface SumKeys {
  readonly parameters: SealParameters;
  /** As `generateBfvKey` made it. */
  readonly bfvKey: Uint8Array;
  /** 32 bytes, bound to the attempt: see `proto/README.md`. */
  readonly checkKey: Uint8Array;
  readonly keyEpoch: number;
}

export interface SealRequest extends SumKeys {
  /** As `quantise` made them: `laneCount(parameters)` integers of magnitude at most `parameters.levels`. */
  readonly lanes: Int32Array;
  /** Stands for nothing until the whole file is on disk. */
  readonly path: string;
}

/**
 * Packs, adds the check values, encrypts and writes one contribution, block by block; fsynced when it returns. Calling
 * it again gives other bytes for the same lanes: to resume an upload, send the same file.
 * @throws ConsiliumError LANE_RANGE, BFV_KEY_INVALID; RangeError for lanes of another length
 */
export async function sealToFile(request: SealRequest): Promise<WrittenFile> {
  requireLanes(request.lanes, request.parameters);
  return writeDurably(request.path, sealedPieces(request));
}

async function* sealedPieces({ lanes, parameters, bfvKey, checkKey, keyEpoch }: SealRequest): AsyncGenerator<Uint8Array> {
  yield fileHeader('upload', parameters, keyEpoch);
  const slots = laneSlots(parameters);
  const check = new CheckValues(checkKey, parameters.slots - slots, parameters.plainModulus);
  const sealer = new BlockSealer(await bfvContext(RING), bfvKey);
  try {
    for (let block = 0; block < parameters.blocks; block++) {
      const first = block * parameters.degree;
      const end = Math.min(first + parameters.degree, slots);
      sealer.words.fill(0);
      const inBlock = lanes.subarray(2 * first, 2 * end);
      packSlots(inBlock, sealer.words, parameters);
      check.add(inBlock);
      // The check values come after the last lane, so they are complete wherever a block holds one of their slots.
      check.values().forEach((value, k) => {
        const at = slots + k - first;
        if (at >= 0 && at < parameters.degree) writeWord(sealer.words, at, value);
      });
      yield sealer.seal();
    }
  } finally {
    sealer.delete();
  }
}

function requireLanes(lanes: Int32Array, parameters: SealParameters): void {
  const expected = laneCount(parameters);
  if (lanes.length !== expected) throw new RangeError(`${lanes.length} lanes; the sum takes ${expected}`);
  const { levels } = parameters;
  const index = lanes.findIndex((lane) => lane > levels || lane < -levels);
  if (index >= 0)
    throw new ConsiliumError({
      code: 'LANE_RANGE',
      errorClass: 'refused',
      message: `Lane ${index} is beyond ±${levels}: the sum of all sites could wrap.`,
      fix: 'Quantise with the parameter object of this study.',
    });
}
