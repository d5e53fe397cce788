import { credentials, Server, type ServerReadableStream } from '@grpc/grpc-js';
import {
  TransferServiceClient,
  TransferServiceService,
  type TransferServiceServer,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GrpcServer, type Services } from '../../coordinator/src/grpc/grpc-server.js';
import { serverCredentials } from '../../coordinator/src/grpc/server-credentials.js';
import { Relay } from '../support/relay.js';
import { testIdentities, type SiteIdentity, type TestIdentities } from '../support/tls-identity.js';

const MIB = 2 ** 20;
const ONE_WAY_MS = 20;

/** Takes everything, keeps nothing. */
const sink = {
  upload: (call: ServerReadableStream<UploadRequest, UploadResponse>, callback: (error: null, response: UploadResponse) => void) => {
    let length = 0n;
    call.on('data', ({ body }: UploadRequest) => (length += body?.$case === 'chunk' ? BigInt(body.value.length) : 0n));
    call.on('end', () => callback(null, { length }));
  },
  offset: () => undefined,
  download: () => undefined,
} as unknown as TransferServiceServer;

let identities: TestIdentities;
let site: SiteIdentity;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  identities = await testIdentities();
  site = await identities.site('a');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The coordinator's own server, with nothing behind it but the sink. */
async function coordinator(): Promise<number> {
  const none = {} as never;
  const services: Services = {
    transfer: sink,
    enrolment: none,
    roster: none,
    approval: none,
    session: none,
    round: none,
    relay: none,
    ledger: none,
    release: none,
  };
  const server = new GrpcServer(services);
  closing.push(() => server.close());
  return server.listen('127.0.0.1', 0, identities.server);
}

/** A server as grpc-js makes it. */
function stock(): Promise<number> {
  const server = new Server();
  server.addService(TransferServiceService, sink);
  closing.push(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', serverCredentials(identities.server), (error, port) => (error ? reject(error) : resolve(port))),
  );
}

/** Bytes a second of one upload at 40 ms of round-trip time; the connection is there before the clock starts. */
async function uploadSpeed(port: number, bytes: number, identity: SiteIdentity | 'stranger' = site): Promise<number> {
  const relay = await Relay.open(port, { delayMs: ONE_WAY_MS });
  closing.push(() => relay.close());
  const key = identity !== 'stranger' ? Buffer.from(identity.transportKeyPem) : null;
  const certificate = identity !== 'stranger' ? Buffer.from(identity.certificatePem) : null;
  const client = new TransferServiceClient(
    `127.0.0.1:${relay.port}`,
    credentials.createSsl(Buffer.from(identities.caPem), key, certificate),
  );
  closing.push(() => client.close());
  await new Promise<void>((resolve, reject) => client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve())));
  const start = performance.now();
  const length = await new Promise<bigint>((resolve, reject) => {
    const call = client.upload((error, response) => (error ? reject(error) : resolve(response.length)));
    for (let sent = 0; sent < bytes; sent += MIB)
      call.write({ body: { $case: 'chunk', value: Buffer.alloc(Math.min(MIB, bytes - sent)) } });
    call.end();
  });
  expect(length).toBe(BigInt(bytes));
  return bytes / ((performance.now() - start) / 1_000);
}

describe('an upload over a line with 40 ms of round-trip time', () => {
  it('is many times as fast as the windows of HTTP/2 would let it be', async () => {
    const slow = await uploadSpeed(await stock(), 2 * MIB);
    // 64 KiB a round trip: if this fails, the relay delays nothing, or grpc-js raises its windows by itself now.
    expect(slow).toBeLessThan(2 * MIB);
    const fast = await uploadSpeed(await coordinator(), 32 * MIB);
    expect(fast / slow).toBeGreaterThan(8);
  });

  it('stays slow for a peer without a certificate, who gets no such memory', async () => {
    const port = await coordinator();
    const stranger = await uploadSpeed(port, MIB, 'stranger');
    expect(stranger).toBeLessThan(2 * MIB);
  });
});
