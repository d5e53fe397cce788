import { appendFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerDuplexStream, type ServerReadableStream } from '@grpc/grpc-js';
import {
  createCertificateAuthority,
  createCsr,
  createTransportKey,
  issueServerCertificate,
  issueSiteCertificate,
} from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import {
  ApprovalServiceService,
  EnrolmentServiceService,
  LedgerServiceService,
  ObjectKind,
  RelayServiceService,
  ReleaseServiceService,
  RosterServiceService,
  RoundServiceService,
  SessionServiceService,
  toGrpcError,
  TransferServiceService,
  type OpenRequest,
  type OpenResponse,
  type UploadRequest,
} from '@consilium/protocol/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EGRESS_LABELS, egressTotals, EgressLine, FRAME_BYTES, recordCall, openEgressLog } from '../egress/index.js';
import { createState, openState, type SiteState } from '../state/index.js';
import { call, openConnection, retryDelays, type ConnectOptions } from './index.js';

const HASH = 'ab'.repeat(32);
const now = new Date();
let server: Server;
let coordinator: string;
let identity: ConnectOptions;
let root: string;
let state: SiteState;
/** What the server received, in bytes of its own serialization. */
let received = 0;
let answerUpload: 'whole' | 'cut' = 'whole';

const count = <R>({ requestSerialize }: { requestSerialize: (value: R) => Buffer }, request: R) => {
  received += requestSerialize(request).length + FRAME_BYTES;
};

beforeAll(async () => {
  const ca = await createCertificateAuthority({ consortium: 'test.example', now });
  const own = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
  server = new Server();
  server.addService(ApprovalServiceService, {
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    pending: (request: never, callback: (error: unknown, value?: unknown) => void) => {
      count(ApprovalServiceService.pending, (request as { request: never }).request);
      callback(null, { proposals: [] });
    },
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    submit: (_request: unknown, callback: (error: unknown) => void) =>
      callback(toGrpcError(new ConsiliumError({ code: 'STUDY_UNKNOWN', errorClass: 'refused', message: 'No such study.', fix: 'Ask.' }))),
    withdraw: () => undefined,
  });
  server.addService(SessionServiceService, {
    open: (stream: ServerDuplexStream<OpenRequest, OpenResponse>) => {
      stream.on('data', (message: OpenRequest) => count(SessionServiceService.open, message));
      stream.on('end', () => stream.end());
    },
  });
  server.addService(TransferServiceService, {
    offset: () => undefined,
    download: () => undefined,
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    upload: (stream: ServerReadableStream<UploadRequest, unknown>, callback: (error: unknown, value?: unknown) => void) => {
      stream.on('data', (message: UploadRequest) => {
        count(TransferServiceService.upload, message);
        if (answerUpload === 'cut' && message.body?.$case === 'chunk')
          callback(toGrpcError(new ConsiliumError({ code: 'DISK_FULL', errorClass: 'failed', message: 'Full.', fix: 'Wait.' })));
      });
      stream.on('end', () => answerUpload === 'whole' && callback(null, { length: 0n }));
    },
  });
  const credentials = ServerCredentials.createSsl(
    Buffer.from(ca.certificatePem),
    [{ private_key: Buffer.from(own.privateKeyPem), cert_chain: Buffer.from(own.chainPem) }],
    true,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  coordinator = `127.0.0.1:${port}`;
  const transportKeyPem = await createTransportKey();
  const leaf = await issueSiteCertificate({ ca, csr: await createCsr(transportKeyPem), consortium: 'test.example', site: 'a', now });
  identity = { coordinator, caPem: ca.certificatePem, client: { certificatePem: leaf.pem, transportKeyPem } };
  root = mkdtempSync(join(tmpdir(), 'connection-'));
});
afterAll(() => {
  server.forceShutdown();
  state.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  state?.close();
  rmSync(join(root, 'state'), { recursive: true, force: true });
  createState(join(root, 'state'));
  state = openState(join(root, 'state'));
  received = 0;
});

const lines = async () =>
  (await readFile(state.layout.egress, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => EgressLine.parse(JSON.parse(line)));
const sum = async () => Object.values((await egressTotals(state.layout.egress)).bytes).reduce((a, b) => a + b, 0);

function upload(connection: ReturnType<typeof openConnection>, chunks: readonly number[]) {
  const length = BigInt(chunks.reduce((a, b) => a + b, 0));
  const header = { study: HASH, kind: ObjectKind.OBJECT_KIND_CONTRIBUTION, keyEpoch: 0, round: 3, attempt: 1, parameters: HASH };
  const sha256 = Buffer.alloc(32, 7);
  return new Promise<void>((resolve, reject) => {
    const stream = connection.transfer.upload((error) => (error ? reject(error) : resolve()));
    stream.on('error', reject);
    stream.write({ body: { $case: 'header', value: { ...header, length, sha256, offset: 0n } } });
    for (const size of chunks) stream.write({ body: { $case: 'chunk', value: Buffer.alloc(size, 1) } });
    if (answerUpload === 'cut') return;
    stream.write({ body: { $case: 'commit', value: { length, sha256, signature: Buffer.alloc(64) } } });
    stream.end();
  });
}

describe('a connection', () => {
  it('records exactly the bytes that the coordinator received, by kind', async () => {
    answerUpload = 'whole';
    const connection = openConnection(state, identity);
    await call(connection.approval.pending, {});
    await upload(connection, [1 << 20, 1 << 20, 12345]);
    await new Promise<void>((resolve, reject) => {
      const session = connection.session.open();
      session.on('end', resolve).on('error', reject).resume();
      session.write({ body: { $case: 'hello', value: { protocolVersion: 1, agentVersion: '1', engine: 'wasm', cohorts: ['heart'] } } });
      for (let beat = 0; beat < 5; beat += 1) session.write({ body: { $case: 'heartbeat', value: {} } });
      session.end();
    });
    connection.close();
    await expect.poll(sum).toBe(received);
    const written = await lines();
    expect(written.filter(({ kind }) => kind === 'ciphertext')).toHaveLength(2);
    expect(written).toContainEqual(expect.objectContaining({ method: 'SessionService/Open', kind: 'control', messages: 5 }));
    expect(written).toContainEqual(expect.objectContaining({ method: 'SessionService/Open', kind: 'metadata' }));
    expect(written.every(({ destination }) => destination === coordinator)).toBe(true);
    expect((await egressTotals(state.layout.egress)).atMost).toBe(0);
  });

  it('says the bound of an upload before its first byte leaves, and what left of a broken one', async () => {
    answerUpload = 'cut';
    const connection = openConnection(state, identity);
    await expect(upload(connection, [1 << 20, 1 << 20])).rejects.toMatchObject({ details: 'Full.' });
    connection.close();
    const [begin, end] = await lines();
    expect(begin).toMatchObject({ kind: 'ciphertext', study: HASH, round: 3, offset: 0, length: 2 << 20, sha256: '07'.repeat(32) });
    expect(end).toMatchObject({ kind: 'ciphertext' });
    expect((end as { bytes: number }).bytes).toBeLessThanOrEqual((begin as { atMost: number }).atMost);
  });

  it('sends nothing that cannot be recorded: a full disk, or a method without a label', async () => {
    rmSync(state.layout.egress);
    symlinkSync('/dev/full', state.layout.egress);
    const connection = openConnection(state, identity);
    await expect(call(connection.approval.pending, {})).rejects.toMatchObject({
      code: 'NOT_SENT',
      message: expect.stringContaining('ENOSPC'),
    });
    await expect(upload(connection, [1 << 20])).rejects.toThrow(/ENOSPC/);
    connection.close();
    expect(received).toBe(0);
    const log = { append: () => undefined, onBytes: () => undefined, close: () => undefined };
    expect(() => recordCall(log, '/consilium.v1.OtherService/New')).toThrow(/no label/);
  });

  it('turns the answer of the coordinator into its code, sentence and fix', async () => {
    const connection = openConnection(state, identity);
    const statement = Buffer.from(JSON.stringify({ study: HASH }));
    const failed = call(connection.approval.submit, { statement, signature: Buffer.alloc(64) });
    await expect(failed).rejects.toMatchObject({ code: 'STUDY_UNKNOWN', errorClass: 'refused', message: 'No such study.', fix: 'Ask.' });
    expect(await lines()).toContainEqual(expect.objectContaining({ kind: 'signature', study: HASH }));
    connection.close();
  });

  it('ends at its time limit, and when it is cancelled', async () => {
    const connection = openConnection(state, identity);
    const statement = Buffer.from('{}');
    const request = { statement, signature: Buffer.alloc(64) };
    await expect(call(connection.approval.withdraw, request, { timeoutMs: 300 })).rejects.toMatchObject({ errorClass: 'timeout' });
    const cancelled = call(connection.approval.withdraw, request, { signal: AbortSignal.timeout(100) });
    await expect(cancelled).rejects.toMatchObject({ name: 'TimeoutError' });
    connection.close();
  });

  it('trusts no CA but the consortium’s, and no server of another name', async () => {
    const stranger = await createCertificateAuthority({ consortium: 'other.example', now });
    const wrongCa = openConnection(state, { ...identity, caPem: stranger.certificatePem });
    await expect(call(wrongCa.approval.pending, {}, { timeoutMs: 3_000 })).rejects.toMatchObject({ exitCode: 3 });
    wrongCa.close();
    const wrongName = openConnection(state, { ...identity, coordinator: coordinator.replace('127.0.0.1', 'localhost') });
    await expect(call(wrongName.approval.pending, {}, { timeoutMs: 3_000 })).rejects.toMatchObject({ exitCode: 3 });
    wrongName.close();
  });

  it('does not reach a coordinator that is not there: exit 3', async () => {
    const connection = openConnection(state, { ...identity, coordinator: '127.0.0.1:1' });
    await expect(call(connection.approval.pending, {}, { timeoutMs: 3_000 })).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      exitCode: 3,
    });
    connection.close();
  });
});

describe('the egress record', () => {
  it('has a label for every method of every service', () => {
    const services = [
      ApprovalServiceService,
      EnrolmentServiceService,
      LedgerServiceService,
      RelayServiceService,
      ReleaseServiceService,
      RosterServiceService,
      RoundServiceService,
      SessionServiceService,
      TransferServiceService,
    ];
    const paths = services.flatMap((service) => Object.values(service).map(({ path }) => path as string));
    expect([...EGRESS_LABELS.keys()].sort()).toEqual(paths.sort());
  });

  it('counts an upload that a kill cut off with its bound, and survives a half-written line', async () => {
    const log = openEgressLog(state.layout.egress, { destination: 'x:1' });
    const record = recordCall(log, TransferServiceService.upload.path);
    const value = {
      study: HASH,
      kind: ObjectKind.OBJECT_KIND_CONTRIBUTION,
      keyEpoch: 0,
      round: 1,
      attempt: 1,
      parameters: '',
      length: 1000n,
    };
    record.message({ body: { $case: 'header', value: { ...value, sha256: Buffer.alloc(32), offset: 400n } } }, 80);
    log.close();
    const totals = await egressTotals(state.layout.egress);
    expect(totals.atMost).toBe(totals.bytes.ciphertext);
    expect(totals.atMost).toBeGreaterThan(685);
    appendFileSync(state.layout.egress, '{"time":"20\n');
    expect((await egressTotals(state.layout.egress)).unreadable).toBe(1);
  });

  it('puts heartbeats of one minute on one line', async () => {
    let minute = 0;
    const log = openEgressLog(state.layout.egress, { destination: 'x:1' });
    const record = recordCall(log, SessionServiceService.open.path, () => minute * 60_000);
    for (; minute < 3; minute += 1) for (let beat = 0; beat < 4; beat += 1) record.message({ body: { $case: 'heartbeat', value: {} } }, 2);
    record.end();
    log.close();
    expect((await lines()).map((line) => ('messages' in line ? line.messages : 0))).toEqual([4, 4, 4]);
  });
});

describe('waits between tries', () => {
  it('double up to their maximum and differ by chance', () => {
    const low = retryDelays({ firstMs: 1_000, maxMs: 60_000 }, (from) => from);
    expect(Array.from({ length: 8 }, () => low.next().value)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    const drawn = retryDelays({ firstMs: 60_000, maxMs: 60_000 });
    const waits = Array.from({ length: 50 }, () => drawn.next().value);
    expect(new Set(waits).size).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  });
});
