import { setTimeout as wait } from 'node:timers/promises';
import { credentials, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { ConsiliumError, PROTOCOL_VERSION } from '@consilium/protocol';
import {
  SessionServiceClient,
  SessionServiceService,
  toGrpcError,
  type Hello,
  type OpenRequest,
  type OpenResponse,
} from '@consilium/protocol/wire';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepSession } from './keep-session.js';

type Call = ServerDuplexStream<OpenRequest, OpenResponse>;

const log = pino({ level: 'silent' });
const hello: Hello = { protocolVersion: PROTOCOL_VERSION, agentVersion: '0.1.0', engine: 'test', cohorts: ['heart'] };
const welcome = (protocolVersion = PROTOCOL_VERSION): OpenResponse => ({
  body: {
    $case: 'welcome',
    value: {
      consortium: 'c',
      coordinatorVersion: '0.1.0',
      protocolVersion,
      rosterEpoch: 0,
      heartbeatSeconds: 1,
      caSha256: Buffer.alloc(0),
    },
  },
});

/** A coordinator that can be stopped and started on the same port. */
class Coordinator {
  received: string[] = [];
  port = 0;
  onHello: (call: Call) => void = (call) => call.write(welcome());
  #server = new Server();

  async start(): Promise<void> {
    this.#server = new Server();
    this.#server.addService(SessionServiceService, {
      open: (call: Call) => {
        call.on('data', ({ body }: OpenRequest) => {
          this.received.push(body?.$case ?? '');
          if (body?.$case === 'hello') this.onHello(call);
        });
        call.on('error', () => undefined);
      },
    });
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  }

  kill(): void {
    this.#server.forceShutdown();
  }
}

let coordinator: Coordinator;
let client: SessionServiceClient;
let stop: AbortController;
beforeEach(async () => {
  coordinator = new Coordinator();
  await coordinator.start();
  const eager = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 };
  client = new SessionServiceClient(`127.0.0.1:${coordinator.port}`, credentials.createInsecure(), eager);
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  client.close();
  coordinator.kill();
});

function session() {
  const events: string[] = [];
  const running = keepSession(
    client,
    hello,
    {
      onWelcome: () => void events.push('welcome'),
      onAssignment: ({ sequence }) => void events.push(`assignment ${sequence}`),
      onRecall: () => void events.push('recall'),
      onRecollection: () => void events.push('recollection'),
      onWitnessQuestion: () => void events.push('witness question'),
      onWitnessAnswer: () => void events.push('witness answer'),
      onTightening: () => void events.push('tightening'),
      onTime: () => void events.push('time'),
    },
    log,
    stop.signal,
  );
  running.catch(() => undefined);
  const until = async (count: number, ms: number) => {
    for (const end = performance.now() + ms; events.filter((event) => event === 'welcome').length < count && performance.now() < end;)
      await wait(10);
    return events.filter((event) => event === 'welcome').length;
  };
  return { events, running, until };
}

describe('a session', () => {
  it('begins with hello, hands assignments on, sends heartbeats, and ends when the agent stops', async () => {
    coordinator.onHello = (call) => {
      call.write(welcome());
      call.write({ body: { $case: 'assignment', value: { study: 'a'.repeat(64), sequence: 7n, task: undefined } } });
    };
    const { events, running, until } = session();
    await until(1, 2_000);
    await wait(1_200);
    expect(events).toEqual(['welcome', 'assignment 7']);
    expect(coordinator.received).toEqual(['hello', 'heartbeat']);
    stop.abort();
    await running;
  });

  it('is back within a second after the coordinator restarts', async () => {
    const { until } = session();
    expect(await until(1, 2_000)).toBe(1);
    coordinator.kill();
    await wait(1_000);
    await coordinator.start();
    const begun = performance.now();
    expect(await until(2, 3_000)).toBe(2);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  it('is given up and begun again when the coordinator falls silent', async () => {
    const { until } = session();
    expect(await until(2, 6_000)).toBe(2);
  });

  it.each([
    ['the agent sees it', (call: Call) => void call.write(welcome(99))],
    [
      'the coordinator sees it',
      (call: Call) =>
        void call.emit(
          'error',
          toGrpcError(
            new ConsiliumError({ code: 'VERSION_TOO_OLD', errorClass: 'refused', message: 'Version 1 is too old.', fix: 'Update.' }),
          ),
        ),
    ],
  ])('with another protocol version ends the agent with one clear error: %s', async (_, answer) => {
    coordinator.onHello = answer;
    await expect(session().running).rejects.toMatchObject({ code: 'VERSION_TOO_OLD', exitCode: 5 });
  });
});
