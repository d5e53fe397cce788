import { link, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ObjectKind, type UploadRequest } from '@consilium/protocol/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { downloadFile } from '../../site-agent/src/rounds/download-file.js';
import { uploadFile, type FileToUpload } from '../../site-agent/src/rounds/upload-file.js';
import { sha256OfFile, TransferLine } from '../support/transfer-line.js';

const STALL_MS = 500;
const MB = 10 ** 6;
const never = new AbortController().signal;

let line: TransferLine;
beforeEach(async () => {
  line = await TransferLine.open({ study: { kind: 'bundle' }, stallMs: STALL_MS });
});
afterEach(() => line.close());

const arrivedWhole = async (file: FileToUpload) => expect(await sha256OfFile(line.spooled)).toBe(file.header.sha256.toString('hex'));

describe('the coordinator', () => {
  it('lets an upload take many times its limit for as long as something moves', async () => {
    const file = await line.bundle(10);
    const ended = new Promise<unknown>((resolve) => {
      const call = line.connection.transfer.upload((error) => resolve(error));
      call.on('error', () => undefined);
      const send = (body: UploadRequest['body']) => call.write({ body });
      void (async () => {
        send({ $case: 'header', value: { ...file.header, offset: 0n } });
        for (const byte of await readFile(file.path)) {
          await wait(STALL_MS / 3);
          send({ $case: 'chunk', value: Buffer.of(byte) });
        }
        send({ $case: 'commit', value: { length: 10n, sha256: file.header.sha256, signature: file.signature } });
        call.end();
      })();
    });
    expect(await ended).toBeNull();
    await arrivedWhole(file);
  });

  it('ends an upload that stands still with TRANSFER_STALLED, and it goes on where it was', async () => {
    const file = await line.bundle(20 * MB);
    line.whenTaken(5 * MB, () => line.relay.freeze());
    const broken = uploadFile(line.calls, file, never).catch((error: unknown) => error);
    await vi.waitFor(() => expect(line.codes('Transfer.Upload')).toEqual(['TRANSFER_STALLED']), { timeout: 10_000 });
    line.relay.thaw();
    expect(await broken).toMatchObject({ code: 'TRANSFER_STALLED', errorClass: 'timeout' });
    await uploadFile(line.calls, file, never);
    expect(line.resumed).toBe(1);
    await arrivedWhole(file);
    // Again is the same answer and not another byte.
    const { taken } = line;
    await uploadFile(line.calls, file, never);
    expect(line.taken).toBe(taken);
  });

  it('ends a download that stands still, and it goes on where it was', async () => {
    const file = await line.bundle(80 * MB);
    const study = line.coordinator.runner.state.hash;
    const sum = line.coordinator.spool.pathOf({ kind: 'fold', study, round: 1, attempt: 0 });
    await mkdir(dirname(sum), { recursive: true });
    await link(file.path, sum);
    const expected = { bytes: 80 * MB, sha256: file.header.sha256.toString('hex') };
    const request = { study, kind: ObjectKind.OBJECT_KIND_FOLD, round: 1, attempt: 0 };
    const path = join(line.folder, 'downloaded');
    const { transfer } = line.connection;
    const fetch = () => downloadFile(transfer.download, request, path, expected, never);
    const freezing = setInterval(() => {
      if (line.relay.down < 20 * MB) return;
      line.relay.freeze();
      clearInterval(freezing);
    }, 1);
    const broken = fetch().catch((error: unknown) => error);
    await vi.waitFor(() => expect(line.codes('Transfer.Download')).toEqual(['TRANSFER_STALLED']), { timeout: 10_000 });
    line.relay.thaw();
    expect(await broken).toMatchObject({ code: 'TRANSFER_STALLED', errorClass: 'timeout' });
    const { size } = await stat(path);
    expect(size).toBeGreaterThanOrEqual(10 * MB);
    const before = line.relay.down;
    await fetch();
    expect(await sha256OfFile(path)).toBe(expected.sha256);
    expect(line.relay.down - before).toBeLessThan(1.05 * (expected.bytes - size));
  });
});
