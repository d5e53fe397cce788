import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  credentials,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { ConsiliumError } from '@consilium/protocol';
import {
  ObjectKind,
  toGrpcError,
  TransferServiceClient,
  TransferServiceService,
  type DownloadRequest,
  type DownloadResponse,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './ask-coordinator.js';
import { downloadFile } from './download-file.js';
import { uploadFile, type UploadCalls } from './upload-file.js';

const MIB = 1 << 20;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const never = new AbortController().signal;

/** A network that can be cut: what was connected is gone, and the next connection works. */
class Line {
  readonly #sockets = new Set<Socket>();
  readonly #server;

  constructor(port: number) {
    this.#server = createServer((client) => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [client, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.cut());
      }
      client.pipe(far).pipe(client);
    });
  }

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

/** A coordinator that holds what arrived, and can cut, stall or refuse. */
class Spool {
  chunks: Buffer[] = [];
  complete = false;
  /** Cuts the stream once it holds this many bytes. */
  cutAt = Infinity;
  /** Takes nothing until this resolves. */
  gate: Promise<void> = Promise.resolve();
  refusal: ConsiliumError | undefined;
  streams = 0;
  offsets: bigint[] = [];
  readonly server = new Server();
  line!: Line;
  client!: TransferServiceClient;

  get held(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get size(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  async start(): Promise<void> {
    this.server.addService(TransferServiceService, {
      offset: (_call: unknown, callback: (error: null, value: { offset: bigint; complete: boolean }) => void) =>
        callback(null, { offset: BigInt(this.size), complete: this.complete }),
      // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
      upload: (call: ServerReadableStream<UploadRequest, UploadResponse>, callback: (error: unknown, value?: UploadResponse) => void) =>
        void this.take(call, callback),
      download: (call: ServerWritableStream<DownloadRequest, DownloadResponse>) => this.give(call),
    });
    const port = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    this.line = new Line(port);
    this.client = new TransferServiceClient(`127.0.0.1:${await this.line.open()}`, credentials.createInsecure());
  }

  stop(): void {
    this.client.close();
    this.line.close();
    this.server.forceShutdown();
  }

  get calls(): UploadCalls {
    return {
      offset: (request) => ask(this.client.offset.bind(this.client), request, never),
      upload: this.client.upload.bind(this.client),
    };
  }

  private async take(
    call: ServerReadableStream<UploadRequest, UploadResponse>,
    callback: (error: unknown, value?: UploadResponse) => void,
  ) {
    this.streams += 1;
    for await (const { body } of call as AsyncIterable<UploadRequest>) {
      await this.gate;
      if (body?.$case === 'header') {
        if (this.refusal) return callback(toGrpcError(this.refusal));
        this.offsets.push(body.value.offset);
      }
      if (body?.$case === 'chunk') {
        this.chunks.push(body.value);
        if (this.size >= this.cutAt) {
          this.cutAt = Infinity;
          return this.line.cut();
        }
      }
      if (body?.$case === 'commit') {
        this.complete = true;
        return callback(null, { length: body.value.length });
      }
    }
  }

  private give(call: ServerWritableStream<DownloadRequest, DownloadResponse>): void {
    this.offsets.push(call.request.offset);
    const held = this.held;
    for (let at = Number(call.request.offset); at < held.length; at += MIB) {
      call.write({ chunk: held.subarray(at, at + MIB) });
      if (at + MIB >= this.cutAt) {
        this.cutAt = Infinity;
        return; // The rest does not come; the test cuts the line.
      }
    }
    call.end();
  }
}

let spool: Spool;
let folder: string;
beforeEach(async () => {
  spool = new Spool();
  folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  await spool.start();
});
afterEach(() => {
  spool.stop();
  rmSync(folder, { recursive: true, force: true });
});

function file(bytes: Buffer) {
  const path = join(folder, 'upload');
  writeFileSync(path, bytes);
  const header = {
    study: 'a'.repeat(64),
    kind: ObjectKind.OBJECT_KIND_CONTRIBUTION,
    keyEpoch: 0,
    round: 1,
    attempt: 0,
    parameters: '',
    length: BigInt(bytes.length),
    sha256: sha256(bytes),
  };
  return { path, header, signature: Buffer.alloc(64) };
}

describe('an upload', () => {
  it('arrives whole, in chunks of at most a MiB', async () => {
    const bytes = randomBytes(3 * MIB + 17);
    await uploadFile(spool.calls, file(bytes), never);
    expect(spool.held.equals(bytes)).toBe(true);
    expect(spool.complete).toBe(true);
    expect(Math.max(...spool.chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(MIB);
  });

  it('goes on with the same bytes where a cut stream stopped', async () => {
    const bytes = randomBytes(5 * MIB);
    const upload = file(bytes);
    spool.cutAt = 2 * MIB;
    await expect(uploadFile(spool.calls, upload, never)).rejects.toBeInstanceOf(ConsiliumError);
    expect(spool.complete).toBe(false);
    await uploadFile(spool.calls, upload, never);
    expect(spool.offsets).toEqual([0n, BigInt(2 * MIB)]);
    expect(spool.held.equals(bytes)).toBe(true);
  });

  it('sends nothing when the coordinator already has it whole', async () => {
    spool.complete = true;
    await uploadFile(spool.calls, file(randomBytes(MIB)), never);
    expect(spool.streams).toBe(0);
  });

  it('says that the round was closed as the coordinator says it', async () => {
    spool.refusal = new ConsiliumError({ code: 'TOO_LATE', errorClass: 'refused', message: 'Closed.', fix: 'Nothing.' });
    await expect(uploadFile(spool.calls, file(randomBytes(32 * MIB)), never)).rejects.toMatchObject({ code: 'TOO_LATE' });
  });

  it('reads no further in its file than the buffers of both ends hold while the coordinator takes nothing', async () => {
    spool.gate = new Promise(() => undefined);
    const stop = new AbortController();
    let written = 0;
    const { offset, upload } = spool.calls;
    const counting = ((callback: (error: ServiceError | null, response: UploadResponse) => void) => {
      const stream = upload(callback);
      const write = stream.write.bind(stream) as (message: UploadRequest) => boolean;
      return Object.assign(stream, { write: (message: UploadRequest) => ((written += 1), write(message)) });
    }) as unknown as typeof upload;
    const running = uploadFile({ offset, upload: counting }, file(randomBytes(64 * MIB)), stop.signal);
    await wait(400);
    // 16 messages in each end's stream, and what is on the way between them.
    expect(written).toBeLessThan(40);
    stop.abort();
    await running;
  });

  it('is broken off when nothing moves, whatever its size', async () => {
    spool.gate = new Promise(() => undefined);
    await expect(uploadFile(spool.calls, file(randomBytes(32 * MIB)), never, 200)).rejects.toMatchObject({ code: 'TRANSFER_STALLED' });
  });

  it('stops without an error when its assignment changes', async () => {
    spool.gate = new Promise(() => undefined);
    const stop = new AbortController();
    const running = uploadFile(spool.calls, file(randomBytes(32 * MIB)), stop.signal);
    await wait(50);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
    expect(spool.complete).toBe(false);
  });
});

describe('a download', () => {
  const request = { study: 'a'.repeat(64), kind: ObjectKind.OBJECT_KIND_FOLD, round: 1, attempt: 0 };
  const fetchFold = (bytes: Buffer, path = join(folder, 'fold')) =>
    downloadFile(
      spool.client.download.bind(spool.client),
      request,
      path,
      { bytes: bytes.length, sha256: sha256(bytes).toString('hex') },
      never,
    );

  it('arrives whole and is not fetched again', async () => {
    spool.chunks = [randomBytes(2 * MIB + 3)];
    await fetchFold(spool.held);
    await fetchFold(spool.held);
    expect(readFileSync(join(folder, 'fold')).equals(spool.held)).toBe(true);
    expect(spool.offsets).toEqual([0n]);
  });

  it('goes on where a cut stream stopped', async () => {
    spool.chunks = [randomBytes(4 * MIB)];
    spool.cutAt = 2 * MIB;
    const path = join(folder, 'fold');
    const broken = fetchFold(spool.held);
    broken.catch(() => undefined);
    while (!existsSync(path) || statSync(path).size === 0) await wait(5);
    spool.line.cut();
    await expect(broken).rejects.toBeInstanceOf(ConsiliumError);
    const { size } = statSync(path);
    expect(size).toBeGreaterThan(0);
    await fetchFold(spool.held);
    expect(spool.offsets).toEqual([0n, BigInt(size)]);
    expect(readFileSync(join(folder, 'fold')).equals(spool.held)).toBe(true);
  });

  it('that differs from its announced digest is refused and deleted', async () => {
    const announced = randomBytes(MIB);
    const altered = Buffer.from(announced);
    altered[5] = (altered[5] ?? 0) ^ 1;
    spool.chunks = [altered];
    await expect(fetchFold(announced)).rejects.toMatchObject({ code: 'DOWNLOAD_ALTERED' });
    expect(existsSync(join(folder, 'fold'))).toBe(false);
  });

  it('that is longer than announced is refused', async () => {
    spool.chunks = [randomBytes(3 * MIB)];
    await expect(fetchFold(spool.held.subarray(0, MIB))).rejects.toMatchObject({ code: 'DOWNLOAD_ALTERED' });
  });
});
