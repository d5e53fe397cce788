import { constants, createSecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import { setLogger } from '@grpc/grpc-js';
import { PRODUCT_VERSION, PROTOCOL_VERSION } from '@consilium/protocol';
import type { Hello } from '@consilium/protocol/wire';
import { pino } from 'pino';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { uploadFile } from '../../site-agent/src/rounds/upload-file.js';
import type { SessionHandlers } from '../../site-agent/src/session/hold-session.js';
import { keepSession } from '../../site-agent/src/session/keep-session.js';
import { sha256OfFile, SITE, TransferLine, type LineOptions } from '../support/transfer-line.js';

/** TRF-2 of the field cases. The limits are those of the product; what takes minutes is shorter unless CONSILIUM_FULL=1. */
const FULL = process.env['CONSILIUM_FULL'] === '1';
const MB = 10 ** 6;
const NOTICED_WITHIN_MS = 60_000;
const IDLE_MS = FULL ? 60_000 : 10_000;
const QUIET_MS = FULL ? 30 * 60_000 : 30_000;
const never = new AbortController().signal;
const silent = pino({ level: 'silent' });
const HELLO: Hello = { protocolVersion: PROTOCOL_VERSION, agentVersion: PRODUCT_VERSION, engine: 'tfjs-wasm', cohorts: ['heart'] };

/** Of the test that asks: several run at a time. */
type AtEnd = Pick<TestContext, 'onTestFinished'>;

async function openLine({ onTestFinished }: AtEnd, options?: LineOptions): Promise<TransferLine> {
  const line = await TransferLine.open(options);
  onTestFinished(() => line.close());
  return line;
}

/** An agent's session, kept as the agent keeps it: when it tried, when it was welcomed, what it was told. */
function session({ onTestFinished }: AtEnd, line: TransferLine) {
  const stop = new AbortController();
  const tries: number[] = [];
  const welcomes: number[] = [];
  const told: string[] = [];
  const client = {
    open: () => {
      tries.push(performance.now());
      return line.connection.session.open();
    },
  } as unknown as Parameters<typeof keepSession>[0];
  const handlers: SessionHandlers = {
    onWelcome: () => void welcomes.push(performance.now()),
    onAssignment: ({ study }) => void told.push(study),
    onRecall: () => undefined,
    onRecollection: () => undefined,
    onWitnessQuestion: () => undefined,
    onWitnessAnswer: () => undefined,
    onTightening: () => undefined,
    onTime: () => undefined,
  };
  const kept = keepSession(client, HELLO, handlers, silent, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await kept;
  });
  return { tries, welcomes, told };
}

/** Something else than the coordinator, with its certificate, that the relay leads to until `lift`. */
async function inPlaceOfCoordinator({ onTestFinished }: AtEnd, line: TransferLine, listening: Server): Promise<() => void> {
  const sockets = new Set<Socket>();
  listening.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  listening.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  line.relay.redirect((listening.address() as AddressInfo).port);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return () => line.relay.redirect(line.port);
}

const certificateOf = ({ identities: { server } }: TransferLine) => ({ key: server.privateKey, cert: server.certificateChain });

describe.concurrent('a line that is dead', () => {
  it('in the middle of an upload is noticed by both ends, and the upload goes on where it was', { timeout: 150_000 }, async (test) => {
    const line = await openLine(test);
    const { welcomes } = session(test, line);
    const file = await line.bundle(100 * MB);
    let deadSince = 0;
    let hubLostAt = 0;
    line.coordinator.hub.onChange(() => {
      if (!line.coordinator.hub.connected.has(SITE)) hubLostAt ||= performance.now();
    });
    await vi.waitFor(() => expect(welcomes).toHaveLength(1));
    line.whenTaken(40 * MB, () => {
      deadSince = performance.now();
      line.relay.strand();
    });
    const site = uploadFile(line.calls, file, never).then(
      () => undefined,
      (error: unknown) => ({ error, at: performance.now() }),
    );
    await vi.waitFor(() => expect(line.codes('Transfer.Upload')).toHaveLength(1), { timeout: 90_000 });
    const coordinator = line.ended.find(({ method }) => method === 'Transfer.Upload')!;
    expect(['UPLOAD_INCOMPLETE', 'TRANSFER_STALLED']).toContain(coordinator.code);
    const lost = await site;
    expect(lost?.error).toMatchObject({ errorClass: 'unreachable' });
    for (const at of [lost?.at, coordinator.at, hubLostAt]) {
      expect(at).toBeGreaterThan(deadSince);
      expect(at! - deadSince).toBeLessThan(NOTICED_WITHIN_MS);
    }

    await uploadFile(line.calls, file, never);
    expect(line.resumed).toBe(1);
    expect(line.relay.sent).toBeLessThan(110 * MB);
    expect(await sha256OfFile(line.spooled)).toBe(file.header.sha256.toString('hex'));
    await vi.waitFor(() => expect(line.coordinator.hub.connected).toContain(SITE), { timeout: 60_000 });
    expect(welcomes.at(-1)! - deadSince).toBeLessThan(NOTICED_WITHIN_MS);
  });

  it(
    'behind TCP and TLS ends each try within 20 s, and the next one that gets through is a session',
    { timeout: 150_000 },
    async (test) => {
      const line = await openLine(test);
      const lift = await inPlaceOfCoordinator(
        test,
        line,
        createServer(certificateOf(line), () => undefined),
      );
      const { tries, welcomes } = session(test, line);
      await vi.waitFor(() => expect(tries.length).toBeGreaterThan(1), { timeout: 30_000 });
      expect(tries[1]! - tries[0]!).toBeLessThan(20_000);
      expect(welcomes).toHaveLength(0);
      lift();
      await vi.waitFor(() => expect(welcomes).toHaveLength(1), { timeout: NOTICED_WITHIN_MS });
    },
  );

  it(`is not what a quiet line becomes that is cut when idle for ${IDLE_MS / 1_000} s`, { timeout: QUIET_MS + 30_000 }, async (test) => {
    const line = await openLine(test, { study: { kind: 'bundle' }, cutIdleMs: IDLE_MS });
    const { welcomes, told } = session(test, line);
    await vi.waitFor(() => expect(welcomes).toHaveLength(1));
    await wait(QUIET_MS);
    expect(line.relay.idleCuts).toBe(0);
    expect(welcomes).toHaveLength(1);
    const study = line.coordinator.runner.state.hash;
    line.coordinator.hub.assign(SITE, { study, sequence: 1n, task: { $case: 'rest', value: { reason: '' } } });
    await vi.waitFor(() => expect(told).toEqual([study]), { timeout: 1_000 });
  });

  it('by GOAWAY for too many pings gets fewer pings, and the session goes on', { timeout: 60_000 }, async (test) => {
    const said: string[] = [];
    setLogger({ error: (...words: unknown[]) => void said.push(words.join(' ')) });
    test.onTestFinished(() => setLogger(console));
    const line = await openLine(test);
    const strict = createSecureServer(certificateOf(line));
    strict.on('stream', ({ session: from }) => from?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_pings')));
    const lift = await inPlaceOfCoordinator(test, line, strict);
    const { welcomes } = session(test, line);
    await vi.waitFor(() => expect(said.join('\n')).toMatch(/excess pings\. Increasing ping interval to 40000 ms/), { timeout: 15_000 });
    lift();
    await vi.waitFor(() => expect(welcomes).toHaveLength(1), { timeout: 30_000 });
  });
});
