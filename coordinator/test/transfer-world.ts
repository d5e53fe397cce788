import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientWritableStream } from '@grpc/grpc-js';
import { signStatement } from '@consilium/identity';
import { SiteName, type Statement } from '@consilium/protocol';
import {
  fromGrpcError,
  ObjectKind,
  TransferServiceClient,
  TransferServiceService,
  type DownloadRequest,
  type UploadHeader,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';
import { parametersHash } from '@consilium/sealed-sum/parameters';
import { Spool } from '../src/aggregation/spool.js';
import { transferService } from '../src/grpc/transfer-service.js';
import { UploadProgress } from '../src/grpc/upload-progress.js';
import { launched, testStudy, TestWorld } from '../src/rounds/builders.js';
import type { StoredEvent } from '../src/rounds/study-event.js';
import { StudyRunner } from '../src/rounds/study-runner.js';
import type { StudyEngine } from '../src/studies/study-engine.js';
import { CONSORTIUM, TlsPeers, type TestPeer } from './tls-peers.js';

/** The transfer service behind real TLS, in front of a study whose first round is announced and whose record is a list. */
export class TransferWorld {
  readonly study = launched(new TestWorld(testStudy()));
  readonly stored: StoredEvent[] = [];
  readonly received: { readonly bytes: number; readonly resumed: boolean }[] = [];
  readonly thrownAway: ('late' | 'rejected')[] = [];
  readonly runner: StudyRunner;
  readonly #identityKeys = new Map<string, KeyObject>();
  readonly #clients: TransferServiceClient[] = [];

  private constructor(
    readonly directory: string,
    readonly spool: Spool,
    readonly peers: TlsPeers,
  ) {
    this.runner = new StudyRunner({
      state: this.study.state,
      record: { append: async (_, stored) => void this.stored.push(...stored) },
      world: () => this.study.world,
      changed: () => undefined,
    });
  }

  static async open(): Promise<TransferWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'consilium-transfer-'));
    const world = new TransferWorld(directory, new Spool(join(directory, 'spool')), await TlsPeers.create());
    // What the service asks of the engine, over one study.
    const engine = {
      state: () => world.runner.state,
      submit: (_: string, propose: Parameters<StudyRunner['submit']>[0]) => world.runner.submit(propose),
    };
    world.peers.server.addService(
      TransferServiceService,
      transferService({
        context: world.peers.context,
        engine: engine as unknown as StudyEngine,
        spool: world.spool,
        progress: new UploadProgress(),
        consortium: CONSORTIUM,
        keyOf: async (site) => rawPublicKey(world.identityKey(site)),
        received: (bytes, resumed) => world.received.push({ bytes, resumed }),
        thrownAway: (outcome) => world.thrownAway.push(outcome),
      }),
    );
    await world.peers.listen();
    return world;
  }

  identityKey(site: string): KeyObject {
    const known = this.#identityKeys.get(site) ?? generateKeyPairSync('ed25519').privateKey;
    this.#identityKeys.set(site, known);
    return known;
  }

  /** A client with an admitted site's certificate. */
  async client(site: string): Promise<TransferServiceClient> {
    return this.connect(await this.peers.peer(site));
  }

  connect(peer: TestPeer): TransferServiceClient {
    const client = new TransferServiceClient(this.peers.address, peer.credentials);
    this.#clients.push(client);
    return client;
  }

  /** Bytes that pass for a contribution: the right header, and words below q that mean nothing. */
  contribution(fill = 1): Buffer {
    const parameters = this.study.study.derived.sums.train;
    const bytes = Buffer.alloc(parameters.uploadBytes, 0);
    bytes.write('CNSLSUMU', 0, 'latin1');
    bytes.writeUInt32LE(1, 8);
    bytes.writeUInt32LE(0, 12);
    bytes.write(parametersHash(parameters), 16, 'hex');
    bytes.writeBigUInt64LE(BigInt(parameters.blocks), 48);
    bytes.fill(fill, 56, 60);
    return bytes;
  }

  header(bytes: Buffer, changes: Partial<UploadHeader> = {}): UploadHeader {
    return {
      study: this.study.state.hash,
      kind: ObjectKind.OBJECT_KIND_CONTRIBUTION,
      keyEpoch: 0,
      round: 1,
      attempt: 0,
      parameters: parametersHash(this.study.study.derived.sums.train),
      length: BigInt(bytes.length),
      sha256: sha256(bytes),
      offset: 0n,
      ...changes,
    };
  }

  /** The signed last message of an upload. */
  commit(site: string, bytes: Buffer, changes: Partial<Statement<'upload'>> = {}): UploadRequest {
    const statement: Statement<'upload'> = {
      consortium: CONSORTIUM,
      study: this.study.state.hash,
      site: SiteName.parse(site),
      keyEpoch: 0,
      round: 1,
      attempt: 0,
      bytes: bytes.length,
      sha256: sha256(bytes).toString('hex'),
      ...changes,
    };
    const { signature } = signStatement('upload', statement, this.identityKey(site));
    return { body: { $case: 'commit', value: { length: BigInt(bytes.length), sha256: sha256(bytes), signature } } };
  }

  /** Everything at once, as a site sends it over a good line. */
  async upload(client: TransferServiceClient, site: string, bytes: Buffer, changes: Partial<UploadHeader> = {}): Promise<bigint> {
    const stream = openUpload(client);
    const offset = Number(changes.offset ?? 0n);
    stream.send(headerMessage(this.header(bytes, changes)), ...chunksOf(bytes.subarray(offset)), this.commit(site, bytes));
    stream.call.end();
    return stream.answer;
  }

  offset(client: TransferServiceClient, bytes: Buffer): Promise<{ readonly offset: bigint; readonly complete: boolean }> {
    return new Promise((resolve, reject) =>
      client.offset({ header: this.header(bytes) }, (error, response) => (error ? reject(fromGrpcError(error)) : resolve(response))),
    );
  }

  async download(client: TransferServiceClient, request: DownloadRequest): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const { chunk } of client.download(request) as AsyncIterable<{ chunk: Buffer }>) chunks.push(chunk);
    } catch (error) {
      throw fromGrpcError(error);
    }
    return Buffer.concat(chunks);
  }

  get countedIn(): readonly string[] {
    const { activity } = this.runner.state;
    return activity.phase === 'round' ? [...activity.attempt.uploads.keys()] : [];
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.peers.server.forceShutdown();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export interface OpenUpload {
  readonly call: ClientWritableStream<UploadRequest>;
  readonly send: (...messages: readonly UploadRequest[]) => void;
  /** Rejects with the ConsiliumError that the service answered. */
  readonly answer: Promise<bigint>;
}

export function openUpload(client: TransferServiceClient): OpenUpload {
  const { promise, resolve, reject } = Promise.withResolvers<bigint>();
  const call = client.upload((error, response: UploadResponse) => (error ? reject(fromGrpcError(error)) : resolve(response.length)));
  call.on('error', () => undefined);
  promise.catch(() => undefined);
  return { call, send: (...messages) => messages.forEach((message) => call.write(message)), answer: promise };
}

export const headerMessage = (value: UploadHeader): UploadRequest => ({ body: { $case: 'header', value } });
export const chunkMessage = (value: Buffer): UploadRequest => ({ body: { $case: 'chunk', value } });

function chunksOf(bytes: Buffer, size = 8_192): UploadRequest[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    chunkMessage(bytes.subarray(index * size, (index + 1) * size)),
  );
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

const rawPublicKey = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
