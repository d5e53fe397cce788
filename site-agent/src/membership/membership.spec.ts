import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Server, ServerCredentials, type ServerDuplexStream, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  certificateLife,
  createCertificateAuthority,
  createCsr,
  createTransportKey,
  issueServerCertificate,
  issueSiteCertificate,
  spkiSha256,
  type CertificateAuthority,
} from '@consilium/identity';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import {
  EnrolmentServiceService,
  RosterServiceService,
  SessionServiceService,
  toGrpcError,
  type OpenRequest,
  type OpenResponse,
  type RenewRequest,
} from '@consilium/protocol/wire';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, type Connection } from '../connection/index.js';
import { createState, openState, readMembership, saveMembership, type SiteState } from '../state/index.js';
import { certificateWarning, CertificateKeeper, explainRefusedCertificate } from './index.js';

const CONSORTIUM = 'heart.example';
const DAY = 86_400_000;
const LIFE_MS = 3_000;
const days = LIFE_MS / DAY;

let ca: CertificateAuthority;
let successor: CertificateAuthority;
let server: Server;
let coordinator: string;
let transportKeyPem: string;
let root: string;
let state: SiteState;
let connection: Connection;
let stop: AbortController;

/** What the small coordinator of this test does and sees. */
let issuer: CertificateAuthority;
let refused: ConsiliumError | undefined;
let serials: string[] = [];
const streams: ServerDuplexStream<OpenRequest, OpenResponse>[] = [];

type Reply = (error: unknown, value?: unknown) => void;
const issue = (csr: Uint8Array) => issueSiteCertificate({ ca: issuer, csr, consortium: CONSORTIUM, site: 'a', now: new Date(), days });

async function renew({ request }: ServerUnaryCall<RenewRequest, unknown>, reply: Reply) {
  if (refused) return reply(toGrpcError(refused));
  const { der } = await issue(request.csr);
  reply(null, { certificate: der, caCertificates: issuer === ca ? [ca.certificateDer] : [successor.certificateDer, ca.certificateDer] });
}

beforeAll(async () => {
  const now = new Date();
  ca = await createCertificateAuthority({ consortium: CONSORTIUM, now });
  successor = await createCertificateAuthority({ consortium: CONSORTIUM, now });
  transportKeyPem = await createTransportKey();
  const own = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
  server = new Server();
  const add = (service: object, methods: object) => server.addService(service as never, methods as never);
  add(EnrolmentServiceService, { join: () => undefined, renew: (call: never, reply: Reply) => void renew(call, reply) });
  add(RosterServiceService, {
    get: (call: ServerUnaryCall<unknown, unknown>, reply: Reply) => {
      const certificate = call.getAuthContext().sslPeerCertificate;
      if (!certificate) return reply(toGrpcError(certificateRefused()));
      serials.push(certificate.serialNumber);
      reply(null, { rosters: [], newestEpoch: 0, countersignatures: [] });
    },
    countersign: () => undefined,
  });
  add(SessionServiceService, {
    open: (call: ServerDuplexStream<OpenRequest, OpenResponse>) => void streams.push(call.on('error', () => undefined)),
  });
  const authorities = Buffer.from(ca.certificatePem + successor.certificatePem);
  const credentials = ServerCredentials.createSsl(
    authorities,
    [{ private_key: Buffer.from(own.privateKeyPem), cert_chain: Buffer.from(own.chainPem) }],
    true,
  );
  Object.assign(credentials._getConstructorOptions() ?? {}, { rejectUnauthorized: false });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  coordinator = `127.0.0.1:${port}`;
});
afterAll(() => server.forceShutdown());

beforeEach(async () => {
  [issuer, refused, serials] = [ca, undefined, []];
  root = mkdtempSync(join(tmpdir(), 'membership-'));
  createState(join(root, 'state'));
  state = openState(join(root, 'state'));
  const { pem: certificatePem } = await issue(await createCsr(transportKeyPem));
  const joinedAt = new Date().toISOString();
  saveMembership(state, {
    consortium: CONSORTIUM,
    site: SiteName.parse('a'),
    coordinator,
    caPem: ca.certificatePem,
    certificatePem,
    joinedAt,
  });
  connection = connect(state, { transportKeyPem });
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  connection.close();
  state.close();
  rmSync(root, { recursive: true, force: true });
});

const certificateRefused = () => new ConsiliumError({ code: 'CERTIFICATE_REFUSED', errorClass: 'forbidden', message: 'No.', fix: 'Join.' });
const lines: { readonly level: number; readonly msg: string; readonly until?: string }[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
const renewed: Date[] = [];
const keeper = () =>
  new CertificateKeeper({ state, connection, keys: { transportKeyPem }, log, signal: stop.signal, onRenewed: (at) => renewed.push(at) });

describe('a certificate', () => {
  it('is renewed at two thirds of its life, is the one in use from then on, and no open stream notices', async () => {
    const first = readMembership(state).certificatePem;
    const { endsAt, renewAt } = certificateLife(first);
    expect(Math.abs(endsAt.getTime() - renewAt.getTime() - LIFE_MS / 3)).toBeLessThan(1_000);
    const heard: string[] = [];
    const stream = connection.session.open();
    stream.on('data', ({ body }: OpenResponse) => heard.push(body?.$case ?? ''));
    stream.on('error', (error) => heard.push(error.message));
    stream.write({ body: { $case: 'heartbeat', value: {} } });
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    const running = keeper().run();
    await vi.waitFor(() => expect(new Set(serials).size).toBe(2), { timeout: 4 * LIFE_MS });
    // The first certificate has expired by now; its connection, and the stream on it, have not.
    await wait(Math.max(0, endsAt.getTime() - Date.now()));
    streams[0]?.write({ body: { $case: 'heartbeat', value: {} } });
    await vi.waitFor(() => expect(heard).toEqual(['heartbeat']));
    expect(readMembership(state).certificatePem).not.toBe(first);
    expect(renewed.at(-1)?.getTime()).toBeGreaterThan(endsAt.getTime());
    stop.abort();
    stream.cancel();
    await running;
  });

  it('is renewed at once when the coordinator signs with another CA, which is trusted from then on', async () => {
    issuer = successor;
    const keeping = keeper();
    keeping.issuerIs(Buffer.from(spkiSha256(ca.certificateDer), 'hex'));
    const running = keeping.run();
    await wait(200);
    expect(serials).toEqual([]);
    keeping.issuerIs(Buffer.from(spkiSha256(successor.certificateDer), 'hex'));
    await vi.waitFor(() => expect(serials).toHaveLength(1));
    expect(readMembership(state).caPem).toBe(successor.certificatePem + ca.certificatePem);
    keeping.issuerIs(Buffer.from(spkiSha256(successor.certificateDer), 'hex'));
    stop.abort();
    await running;
  });

  it('that cannot be renewed is said, once, and tried again until it can', async () => {
    refused = new ConsiliumError({ code: 'DISK_FULL', errorClass: 'failed', message: 'Full.', fix: 'Wait.' });
    lines.length = 0;
    const running = keeper().run();
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 3 * LIFE_MS });
    expect(lines[0]).toMatchObject({ level: 40, msg: expect.stringContaining('could not be renewed'), until: expect.stringMatching(/Z$/) });
    refused = undefined;
    await vi.waitFor(() => expect(serials.length).toBeGreaterThan(0), { timeout: LIFE_MS });
    expect(lines.filter(({ level }) => level === 40)).toHaveLength(1);
    stop.abort();
    await running;
  });

  it('by another CA, for another key or for another site is not taken', async () => {
    const before = readMembership(state);
    issuer = await createCertificateAuthority({ consortium: CONSORTIUM, now: new Date() });
    lines.length = 0;
    const running = keeper().run();
    await vi.waitFor(() => expect(lines[0]).toMatchObject({ code: 'ADMISSION_INVALID' }), { timeout: 3 * LIFE_MS });
    expect(readMembership(state)).toEqual(before);
    stop.abort();
    await running;
  });
});

describe('the end of a certificate', () => {
  it('is announced from 14 days before on', () => {
    const now = new Date('2026-05-01T00:00:00Z');
    const inDays = (count: number) => certificateWarning(new Date(now.getTime() + count * DAY), now);
    expect(inDays(14.1)).toBeUndefined();
    expect(inDays(14)).toContain('it ends on 2026-05-15T00:00:00.000Z and has not been renewed');
    expect(inDays(-1)).toContain('it expired on 2026-04-30');
  });

  it('explains a refused call with the time and the commands that help; a clock alone explains nothing', async () => {
    const { endsAt } = certificateLife(readMembership(state).certificatePem);
    const after = new Date(endsAt.getTime() + 1);
    const other = new ConsiliumError({ code: 'COORDINATOR_UNREACHABLE', errorClass: 'unreachable', message: 'Gone.', fix: 'Wait.' });
    expect(explainRefusedCertificate(state, other, after)).toBe(other);
    const early = certificateRefused();
    expect(explainRefusedCertificate(state, early, new Date(endsAt.getTime() - 1))).toBe(early);
    expect(explainRefusedCertificate(state, certificateRefused(), after)).toMatchObject({
      code: 'CERTIFICATE_EXPIRED',
      exitCode: 4,
      message: expect.stringContaining(endsAt.toISOString()),
      fix: expect.stringContaining('consilium-site join --token-file'),
    });
  });
});
