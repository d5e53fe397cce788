import { link, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromGrpcError, ObjectKind, type UploadRequest } from '@consilium/protocol/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadFile } from '../../site-agent/src/rounds/download-file.js';
import { uploadFile, type FileToUpload } from '../../site-agent/src/rounds/upload-file.js';
import { memoryGrowth } from '../support/memory-growth.js';
import { sha256OfFile, TransferLine } from '../support/transfer-line.js';

/** TRF-1 of the field cases. */
const MIB = 2 ** 20;
const LARGE = process.env['CONSILIUM_FULL'] === '1' ? 2_500 * 10 ** 6 : 300 * 10 ** 6;
/** Of both ends together: they are in this process. */
const GROWTH_BYTES = 150 * 10 ** 6;
const never = new AbortController().signal;

let line: TransferLine;
beforeEach(async () => {
  line = await TransferLine.open();
});
afterEach(() => line.close());

/** Up as a model, then down as a sum. */
async function thereAndBack(bytes: number): Promise<{ readonly sent: string; readonly back: string }> {
  const file = await line.bundle(bytes);
  const sha256 = file.header.sha256.toString('hex');
  await uploadFile(line.calls, file, never);
  expect(await sha256OfFile(line.spooled)).toBe(sha256);
  const request = { study: file.header.study, kind: ObjectKind.OBJECT_KIND_FOLD, round: 1, attempt: 0 };
  const sum = line.coordinator.spool.pathOf({ kind: 'fold', study: line.coordinator.runner.state.hash, round: 1, attempt: 0 });
  await mkdir(dirname(sum), { recursive: true });
  await rm(sum, { force: true });
  await link(file.path, sum);
  const path = join(line.folder, 'downloaded');
  await downloadFile(line.connection.transfer.download.bind(line.connection.transfer), request, path, { bytes, sha256 }, never);
  return { sent: sha256, back: await sha256OfFile(path) };
}

describe('an update of any size', () => {
  it.each([1, MIB - 1, MIB, MIB + 1])('arrives as it was sent, up and down: %d bytes', async (bytes) => {
    const { sent, back } = await thereAndBack(bytes);
    expect(back).toBe(sent);
  });

  it(`arrives as it was sent, and neither end holds it in memory: ${LARGE} bytes`, { timeout: 600_000 }, async () => {
    const { resident } = await memoryGrowth(async () => {
      const { sent, back } = await thereAndBack(LARGE);
      expect(back).toBe(sent);
    });
    expect(resident).toBeLessThan(GROWTH_BYTES);
  });
});

describe('an upload that is not as long as its header says', () => {
  async function send(file: FileToUpload, chunks: readonly Buffer[], length: number): Promise<unknown> {
    return new Promise((resolve) => {
      const call = line.connection.transfer.upload((error) => resolve(error ? fromGrpcError(error) : undefined));
      call.on('error', () => undefined);
      const messages: UploadRequest['body'][] = [
        { $case: 'header', value: { ...file.header, offset: 0n } },
        ...chunks.map((value) => ({ $case: 'chunk' as const, value })),
        { $case: 'commit', value: { length: BigInt(length), sha256: file.header.sha256, signature: file.signature } },
      ];
      for (const body of messages) call.write({ body });
      call.end();
    });
  }
  const counted = async () => {
    const { activity } = line.coordinator.runner.state;
    const held = await stat(line.spooled).catch(() => undefined);
    return { received: activity.phase === 'releasing' ? activity.received : 'over', held };
  };

  it.each([
    ['longer', [MIB, 2], MIB + 2],
    ['shorter', [MIB - 1], MIB - 1],
    ['shorter, with a commit that says otherwise', [MIB - 1], MIB],
  ])('is refused, and nothing is counted in: %s', async (_, sizes, length) => {
    const file = await line.bundle(MIB);
    expect(
      await send(
        file,
        sizes.map((size) => Buffer.alloc(size)),
        length,
      ),
    ).toMatchObject({ code: 'UPLOAD_REFUSED' });
    expect(await counted()).toEqual({ received: undefined, held: undefined });
  });

  it('is refused when it is to be empty: no update has no bytes, if only for its header', async () => {
    const file = await line.bundle(0);
    await expect(uploadFile(line.calls, file, never)).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    expect(await counted()).toEqual({ received: undefined, held: undefined });
  });
});
