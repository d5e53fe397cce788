import type { ServerWritableStream } from '@grpc/grpc-js';
import { ConsiliumError, StudyHash, type SiteName } from '@consilium/protocol';
import { ObjectKind, PacedWriter, type DownloadRequest, type DownloadResponse } from '@consilium/protocol/wire';
import { readInSteps, type Spool } from '../aggregation/spool.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { stallLimit, STALL_MS } from './stall-limit.js';
import { requireMember } from './words-of-sites.js';

export interface DownloadOptions {
  readonly engine: StudyEngine;
  readonly spool: Spool;
  /** Milliseconds without progress after which a transfer is ended. Default {@link STALL_MS}. */
  readonly stallMs?: number;
}

export const LARGEST_CHUNK = 2 ** 20;

const refused = (message: string, fix: string): ConsiliumError =>
  new ConsiliumError({ code: 'DOWNLOAD_REFUSED', errorClass: 'verification', message, fix });

/**
 * Sends a sum from the asked offset on, no faster than the site takes it.
 * @throws ConsiliumError DOWNLOAD_REFUSED, STUDY_NOT_YOURS, TRANSFER_STALLED
 */
export async function sendDownload(
  call: ServerWritableStream<DownloadRequest, DownloadResponse>,
  site: SiteName,
  { engine, spool, stallMs = STALL_MS }: DownloadOptions,
): Promise<void> {
  const { request } = call;
  const study = StudyHash.parse(request.study);
  requireMember(engine.state(study), site);
  if (request.kind !== ObjectKind.OBJECT_KIND_FOLD) throw refused('Sites download sums only.', 'Update consilium-site.');
  const object = { kind: 'fold', study, round: request.round, attempt: request.attempt } as const;
  const size = await spool.wholeSize(object);
  if (size === undefined || request.offset > BigInt(size))
    throw refused('There is no such sum, or it is shorter than the offset.', 'The site waits for its next assignment.');
  const over = new AbortController();
  const gone = (): void => over.abort();
  call.once('cancelled', gone).once('close', gone);
  let stalled: ConsiliumError | undefined;
  const limit = stallLimit((reason) => {
    stalled = reason;
    over.abort();
  }, stallMs);
  const writer = new PacedWriter<DownloadResponse>(call, limit.moved, over.signal);
  const file = readInSteps(spool.pathOf(object), Number(request.offset), size);
  try {
    for await (const chunk of file as AsyncIterable<Buffer> | readonly never[]) {
      if (over.signal.aborted || call.cancelled) break;
      await writer.write({ chunk });
    }
  } finally {
    limit.end();
    call.off('cancelled', gone).off('close', gone);
  }
  if (stalled) throw stalled;
  if (!over.signal.aborted) call.end();
}
