import type { SealParameters } from '@consilium/protocol';
import { availableParallelism } from 'node:os';
import { openBlockFile } from '../blocks/block-reader.js';
import { writeDurably, type WrittenFile } from '../blocks/durable-file.js';
import { fileHeader } from '../blocks/file-header.js';
import { requireMaskKeys } from '../masks/require-mask-keys.js';
import type { MaskTerm } from '../masks/mask-sum.js';
import { FoldWorkers } from './fold-workers.js';

export interface FoldRequest {
  /** Paths of the contributions, 1 to `parameters.sites`, each once. */
  readonly uploads: readonly string[];
  /** Where the fold is written; stands for nothing until it is whole. */
  readonly output: string;
  readonly parameters: SealParameters;
  readonly keyEpoch: number;
  /** What dropped sites' masks left in the uploads (`droppedMasks` for each of them): taken out of the sum once. */
  readonly dropped?: readonly MaskTerm[];
}

export interface FolderOptions {
  /** Worker threads, at least 1; by default one less than the machine has, at most 8. */
  readonly threads?: number;
  /** Longest time without progress of a worker, in milliseconds. */
  readonly stallMs?: number;
}

/** Folds with warm workers. */
export interface Folder {
  /**
   * Adds the uploads block by block; memory depends neither on their number nor on their length, and the bytes neither
   * on the order of the uploads nor on the threads. The output is on disk (fsynced) when it returns.
   * @throws ConsiliumError CIPHERTEXT_REFUSED with `uploads[k]` in its problems; FOLD_FAILED for a worker that died,
   * threw or stalled; RangeError for a wrong number of uploads or a mask key of another length
   */
  fold(request: FoldRequest): Promise<WrittenFile>;
  /** Ends the workers; a fold in progress is rejected. */
  close(): Promise<void>;
}

const DEFAULT_STALL_MS = 120_000;
/** Blocks in one task: about 2.5 MiB in a worker and 1 MiB on its way back. */
const LONGEST_RUN = 16;

/** Starts one worker at once and the others when there is work for them. Close it. */
export function createFolder(options: FolderOptions = {}): Folder {
  const threads = options.threads ?? Math.max(1, Math.min(8, availableParallelism() - 1));
  const workers = new FoldWorkers({ threads, stallMs: options.stallMs ?? DEFAULT_STALL_MS });
  return {
    fold: async (request) => {
      await requireUploads(request);
      return writeDurably(request.output, foldedPieces(request, workers, threads));
    },
    close: () => workers.close(),
  };
}

/** One fold with workers of its own. */
export async function foldUploads({ threads, stallMs, ...request }: FoldRequest & FolderOptions): Promise<WrittenFile> {
  const folder = createFolder({ ...(threads === undefined ? {} : { threads }), ...(stallMs === undefined ? {} : { stallMs }) });
  try {
    return await folder.fold(request);
  } finally {
    await folder.close();
  }
}

async function requireUploads({ uploads, parameters, keyEpoch, dropped = [] }: FoldRequest): Promise<void> {
  requireMaskKeys(dropped);
  if (uploads.length < 1 || uploads.length > parameters.sites || new Set(uploads).size !== uploads.length)
    throw new RangeError(`${uploads.length} uploads; the sum takes 1 to ${parameters.sites}, each once`);
  for (const [index, path] of uploads.entries()) {
    const file = await openBlockFile({
      kind: 'upload',
      path,
      parameters,
      keyEpoch,
      named: { what: `Upload ${index + 1} of the fold`, path: `uploads[${index}]` },
    });
    await file.close();
  }
}

/** The header, then the runs in order, while the workers are at most a few runs ahead. */
async function* foldedPieces({ uploads, parameters, keyEpoch, dropped = [] }: FoldRequest, workers: FoldWorkers, threads: number) {
  yield fileHeader('fold', parameters, keyEpoch);
  const run = Math.min(LONGEST_RUN, Math.ceil(parameters.blocks / threads));
  const ahead: Promise<Uint8Array>[] = [];
  for (let firstBlock = 0; firstBlock < parameters.blocks || ahead.length > 0;) {
    while (ahead.length <= threads && firstBlock < parameters.blocks) {
      const folded = workers.run({ uploads, dropped, firstBlock, blocks: Math.min(run, parameters.blocks - firstBlock) });
      // Where an earlier run fails, nobody waits for this one any more.
      folded.catch(() => undefined);
      ahead.push(folded);
      firstBlock += run;
    }
    const next = ahead.shift();
    if (next) yield await next;
  }
}
