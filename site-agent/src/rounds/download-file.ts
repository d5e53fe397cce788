import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { ConsiliumError } from '@consilium/protocol';
import { type DownloadRequest, type DownloadResponse, type TransferServiceClient } from '@consilium/protocol/wire';
import { coordinatorAnswer } from './ask-coordinator.js';
import { progressLimit, STALL_MS } from './progress-limit.js';

/** What a file must turn out to be. */
export interface ExpectedFile {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

const altered = () =>
  new ConsiliumError({
    code: 'DOWNLOAD_ALTERED',
    errorClass: 'verification',
    message: 'What was downloaded differs from its announced length or SHA-256.',
    fix: "It is fetched again; if this lasts, ask the coordinator's admin.",
  });

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

const LONGEST_STEP = 1 << 20;

async function sha256Of(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const steps = size > 0 ? createReadStream(path, { end: size - 1, highWaterMark: Math.min(LONGEST_STEP, size) }) : [];
  for await (const chunk of steps) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Brings a file from the coordinator to `path` (0600), going on where an earlier try stopped, and checks it whole.
 * Nothing else may read the file before this returns.
 * @throws ConsiliumError DOWNLOAD_ALTERED (the file is deleted), TRANSFER_STALLED after `stallMs` without progress;
 * CoordinatorAnswer
 */
export async function downloadFile(
  download: TransferServiceClient['download'],
  request: Omit<DownloadRequest, 'offset'>,
  path: string,
  expected: ExpectedFile,
  signal: AbortSignal,
  stallMs: number = STALL_MS,
): Promise<void> {
  let size = await sizeOf(path);
  if (size < expected.bytes)
    size = await receive(download({ ...request, offset: BigInt(size) }), path, size, expected.bytes, signal, stallMs);
  if (signal.aborted) return;
  if (size < expected.bytes)
    throw new ConsiliumError({
      code: 'COORDINATOR_UNREACHABLE',
      errorClass: 'unreachable',
      message: 'A download ended early.',
      fix: 'The agent goes on with it.',
    });
  if (size === expected.bytes && (await sha256Of(path, size)) === expected.sha256) return;
  await rm(path, { force: true });
  throw altered();
}

async function receive(
  stream: ReturnType<TransferServiceClient['download']>,
  path: string,
  from: number,
  most: number,
  signal: AbortSignal,
  stallMs: number,
): Promise<number> {
  // A stream fails when it likes, also before and after it is read: without a listener that would end the process.
  stream.on('error', () => undefined);
  let stalled: ConsiliumError | undefined;
  const limit = progressLimit((error) => {
    stalled = error;
    stream.cancel();
  }, stallMs);
  const stop = () => stream.cancel();
  signal.addEventListener('abort', stop);
  const file = await open(path, 'a', 0o600);
  let size = from;
  try {
    for await (const { chunk } of stream as AsyncIterable<DownloadResponse>) {
      limit.moved();
      size += chunk.length;
      if (size > most) break;
      await file.appendFile(chunk);
    }
    // Not synced: what a power cut leaves of it goes through the same check as the whole.
    return size;
  } catch (error) {
    if (signal.aborted) return size;
    throw stalled ?? coordinatorAnswer(error);
  } finally {
    limit.end();
    signal.removeEventListener('abort', stop);
    stream.cancel();
    await file.close();
  }
}
