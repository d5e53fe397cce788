import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerReadableStream, type ServerWritableStream } from '@grpc/grpc-js';
import { ConsiliumError, STATEMENTS } from '@consilium/protocol';
import {
  LedgerServiceService,
  RelayServiceService,
  ReleaseServiceService,
  RoundServiceService,
  toGrpcError,
  TransferServiceService,
  type AcknowledgeRequest,
  type AdvertiseRequest,
  type ConfirmRequest,
  type DownloadRequest,
  type DownloadResponse,
  type MirrorRequest,
  type OffsetRequest,
  type PostRequest,
  type RevealRequest,
  type SealedBox,
  type ShareRequest,
  type SignedState,
  type SignAbortRequest,
  type SignFoldRequest,
  type SignListRequest,
  type TailRequest,
  type TakeRequest,
  type UnmaskRequest,
  type UploadHeader,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';

type Unary<Q> = (
  call: { request: Q; metadata: { get(name: string): unknown[] } },
  callback: (error: unknown, value?: unknown) => void,
) => void;

/** Relays, as the coordinator does, and remembers what every site said. Who speaks is in the metadata `site`. */
export class FakeCoordinator {
  readonly folder = mkdtempSync(join(tmpdir(), 'relay-'));
  readonly boxes: SealedBox[] = [];
  /** By block. */
  readonly shareBoxes = new Map<number, SealedBox[]>();
  readonly confirmed = new Map<string, ConfirmRequest>();
  readonly agreed = new Map<string, SignedState>();
  /** Whom a site named with its last agreed state. */
  readonly faulty = new Map<string, readonly string[]>();
  readonly totals = new Map<string, string>();
  readonly votes = new Map<string, unknown>();
  readonly uploads = new Map<string, { readonly header: UploadHeader; readonly signature: Buffer }>();
  /** Mirrored lines, by `site population`. */
  readonly ledgers = new Map<string, Buffer[]>();
  /** Whether the mirror takes and gives nothing. */
  mirrorDown = false;
  /** What a site said last, by `kind site`. */
  readonly said = new Map<string, unknown>();
  readonly received: Buffer[] = [];
  fold = Buffer.alloc(0);
  tooLate = false;
  /** Ends every upload after its first chunk. */
  cutting = false;
  streams = 0;
  readonly #server = new Server();

  async start(): Promise<number> {
    const unary =
      <Q>(work: (request: Q) => object): Unary<Q> =>
      ({ request }, callback) =>
        callback(null, work(request));
    const keep =
      <Q>(kind: string): Unary<Q> =>
      ({ request, metadata }, callback) => {
        this.said.set(`${kind} ${String(metadata.get('site')[0])}`, request);
        callback(null, {});
      };
    const add = (service: object, methods: object) => this.#server.addService(service as never, methods as never);
    add(RelayServiceService, {
      post: unary(({ boxes }: PostRequest) => (this.boxes.push(...boxes), {})),
      take: unary(({ block }: TakeRequest) => ({ boxes: block === undefined ? this.boxes : (this.shareBoxes.get(block) ?? []) })),
    });
    add(RoundServiceService, {
      confirm: unary((request: ConfirmRequest) => (this.confirmed.set(request.state?.site ?? '', request), {})),
      advertise: keep<AdvertiseRequest>('advertise'),
      reveal: keep<RevealRequest>('reveal'),
      share: keep<ShareRequest>('share'),
      acknowledge: keep<AcknowledgeRequest>('acknowledge'),
      signList: keep<SignListRequest>('signList'),
      unmask: keep<UnmaskRequest>('unmask'),
      signFold: keep<SignFoldRequest>('signFold'),
      signAbort: keep<SignAbortRequest>('signAbort'),
      agree: unary(({ state, faulty }: { state: SignedState; faulty: string[] }) => {
        this.faulty.set(state.site, faulty);
        this.agreed.set(state.site, state);
        return {};
      }),
    });
    add(ReleaseServiceService, {
      metrics: unary(({ statement }: { statement: Buffer }) => {
        const { site, totals } = STATEMENTS.metrics.parse(JSON.parse(statement.toString()));
        this.totals.set(site, JSON.stringify(totals));
        return {};
      }),
      sign: unary(({ statement }: { statement: Buffer }) => {
        const said = JSON.parse(statement.toString()) as { readonly site: string };
        this.votes.set(said.site, said);
        return {};
      }),
    });
    const ledgerOf = (site: unknown, population: string): Buffer[] => {
      const name = `${String(site)} ${population}`;
      const lines = this.ledgers.get(name) ?? [];
      this.ledgers.set(name, lines);
      return lines;
    };
    const mirrored =
      <Q>(work: (request: Q, site: unknown) => object): Unary<Q> =>
      ({ request, metadata }, callback) =>
        this.mirrorDown
          ? callback(toGrpcError(refusal('COORDINATOR_UNREACHABLE', 'unreachable')))
          : callback(null, work(request, metadata.get('site')[0]));
    add(LedgerServiceService, {
      mirror: mirrored(({ population, from, lines }: MirrorRequest, site) => {
        const held = ledgerOf(site, population);
        if (from <= held.length) held.splice(from, Number.POSITIVE_INFINITY, ...lines);
        return { size: held.length };
      }),
      tail: mirrored(({ population, from }: TailRequest, site) => {
        const held = ledgerOf(site, population);
        return { lines: held.slice(from), checkpoint: '', size: held.length };
      }),
    });
    add(TransferServiceService, {
      offset: unary(({ header }: OffsetRequest) => ({ offset: 0n, complete: this.uploads.has(nameOf(header)) })),
      upload: (call: ServerReadableStream<UploadRequest, UploadResponse>, callback: (error: unknown, value?: UploadResponse) => void) =>
        void this.#take(call, callback),
      download: (call: ServerWritableStream<DownloadRequest, DownloadResponse>) => {
        this.received.push(this.fold);
        call.write({ chunk: this.fold.subarray(Number(call.request.offset)) });
        call.end();
      },
    });
    return new Promise((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
    );
  }

  async #take(call: ServerReadableStream<UploadRequest, UploadResponse>, callback: (error: unknown, value?: UploadResponse) => void) {
    this.streams += 1;
    let header: UploadHeader | undefined;
    const chunks: Buffer[] = [];
    for await (const { body } of call as AsyncIterable<UploadRequest>) {
      if (body?.$case === 'header') header = body.value;
      if (this.tooLate) return callback(toGrpcError(refusal('TOO_LATE', 'refused')));
      if (body?.$case === 'chunk') chunks.push(body.value);
      if (this.cutting && chunks.length > 0) return callback(toGrpcError(refusal('COORDINATOR_UNREACHABLE', 'unreachable')));
      if (body?.$case === 'commit' && header) {
        writeFileSync(this.path(nameOf(header)), Buffer.concat(chunks));
        this.uploads.set(nameOf(header), { header, signature: body.value.signature });
        return callback(null, { length: header.length });
      }
    }
  }

  /** What `site` sent last with a call. */
  word<T>(kind: string, site: string): T {
    const said = this.said.get(`${kind} ${site}`);
    if (said === undefined) throw new Error(`${site} sent no ${kind}`);
    return said as T;
  }

  path(sha256: string): string {
    return join(this.folder, sha256);
  }

  stop(): void {
    this.#server.forceShutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const nameOf = (header: UploadHeader | undefined): string => header?.sha256.toString('hex') ?? '';

const refusal = (code: string, errorClass: 'refused' | 'unreachable') =>
  new ConsiliumError({ code, errorClass, message: 'Closed.', fix: 'None.' });
