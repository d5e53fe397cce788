import { open } from 'node:fs/promises';
import { ConsiliumError } from '@consilium/protocol';
import {
  PacedWriter,
  type OffsetRequest,
  type OffsetResponse,
  type TransferServiceClient,
  type UploadHeader,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';
import { coordinatorAnswer } from './ask-coordinator.js';
import { progressLimit, STALL_MS } from './progress-limit.js';

const READ_BYTES = 1 << 20;
const CHUNK_BYTES = 1 << 19;

/** The two calls of an upload. */
export interface UploadCalls {
  readonly offset: (request: OffsetRequest) => Promise<OffsetResponse>;
  readonly upload: TransferServiceClient['upload'];
}

/** A file that never changes, and what is signed about it. */
export interface FileToUpload {
  readonly path: string;
  readonly header: Omit<UploadHeader, 'offset'>;
  /** Ed25519 over the `upload` statement. */
  readonly signature: Buffer;
  /** Whether the coordinator may hold a part of it; by default it is asked. */
  readonly begun?: boolean;
}

/**
 * Brings a file to the coordinator, from the byte on that the coordinator holds durably: nothing is sent where it is
 * whole already. One try; after a broken stream the next call goes on with the same bytes.
 * @throws CoordinatorAnswer (TOO_LATE where the round is closed, COORDINATOR_UNREACHABLE), or ConsiliumError TRANSFER_STALLED
 * after `stallMs` without progress
 */
export async function uploadFile(calls: UploadCalls, file: FileToUpload, signal: AbortSignal, stallMs: number = STALL_MS): Promise<void> {
  const { offset, complete } =
    file.begun === false ? { offset: 0n, complete: false } : await calls.offset({ header: { ...file.header, offset: 0n } });
  if (complete || signal.aborted) return;
  if (offset > file.header.length)
    throw new ConsiliumError({
      code: 'UPLOAD_OFFSET',
      errorClass: 'verification',
      message: 'The coordinator claims to hold more of an upload than there is.',
      fix: "Ask the coordinator's admin to look at its log.",
    });
  await sendFrom(calls, file, offset, signal, stallMs);
}

async function sendFrom(calls: UploadCalls, file: FileToUpload, offset: bigint, signal: AbortSignal, stallMs: number): Promise<void> {
  const source = await open(file.path, 'r');
  const broken = new AbortController();
  let stalled: ConsiliumError | undefined;
  let answered: (response: UploadResponse) => void = () => undefined;
  let failed: (error: unknown) => void = () => undefined;
  const answer = new Promise<UploadResponse>((resolve, reject) => {
    answered = resolve;
    failed = reject;
  });
  // Awaited only at the end; until then a failure reaches the writing loop through `broken`.
  answer.catch(() => broken.abort());
  const stream = calls.upload((error, response) => (error ? failed(error) : answered(response)));
  stream.on('error', failed);
  const limit = progressLimit((error) => {
    stalled = error;
    stream.cancel();
  }, stallMs);
  const stop = () => stream.cancel();
  signal.addEventListener('abort', stop);

  const writer = new PacedWriter<UploadRequest>(stream, limit.moved, broken.signal);
  try {
    await writer.write({ body: { $case: 'header', value: { ...file.header, offset } } });
    for (let position = Number(offset); position < Number(file.header.length) && !broken.signal.aborted;) {
      const most = Math.min(READ_BYTES, Number(file.header.length) - position);
      const { bytesRead, buffer } = await source.read(Buffer.allocUnsafe(most), 0, most, position);
      if (bytesRead === 0) throw new RangeError('the file to upload is shorter than it was');
      for (let at = 0; at < bytesRead; at += CHUNK_BYTES)
        await writer.write({ body: { $case: 'chunk', value: buffer.subarray(at, Math.min(at + CHUNK_BYTES, bytesRead)) } });
      position += bytesRead;
    }
    const { length, sha256 } = file.header;
    if (!broken.signal.aborted) await writer.write({ body: { $case: 'commit', value: { length, sha256, signature: file.signature } } });
    stream.end();
    await answer;
  } catch (error) {
    stream.cancel();
    if (signal.aborted) return;
    if (stalled) throw stalled;
    // The call's own end says more than the write that it broke.
    throw broken.signal.aborted ? await answer.then(() => error, coordinatorAnswer) : error;
  } finally {
    limit.end();
    signal.removeEventListener('abort', stop);
    await source.close();
  }
}
