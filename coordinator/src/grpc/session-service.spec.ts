import type { ClientDuplexStream } from '@grpc/grpc-js';
import { PROTOCOL_VERSION, SiteName } from '@consilium/protocol';
import {
  fromGrpcError,
  RefusalKind,
  SessionServiceClient,
  SessionServiceService,
  Step,
  type Hello,
  type OpenRequest,
  type OpenResponse,
} from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CONSORTIUM, TlsPeers, type TestPeer } from '../../test/tls-peers.js';
import { launched, testStudy, TestWorld } from '../rounds/builders.js';
import type { StudyEvent } from '../rounds/study-event.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { SessionHub } from './session-hub.js';
import { sessionService } from './session-service.js';

const a = SiteName.parse('a');
const hello = (changes: Partial<Hello> = {}): OpenRequest => ({
  body: {
    $case: 'hello',
    value: { protocolVersion: PROTOCOL_VERSION, agentVersion: '0.1.0', engine: 'none', cohorts: ['heart'], ...changes },
  },
});

interface Opened {
  readonly call: ClientDuplexStream<OpenRequest, OpenResponse>;
  readonly heard: OpenResponse[];
  /** Resolves when the coordinator ends the session, rejects with what it says. */
  readonly ended: Promise<void>;
}

describe('a session', () => {
  const world = launched(new TestWorld(testStudy()));
  const hub = new SessionHub();
  const stored: StudyEvent[] = [];
  const counted: string[] = [];
  const seen: (readonly [SiteName, boolean])[] = [];
  const clients: SessionServiceClient[] = [];
  let peers: TlsPeers;
  let member: TestPeer;

  beforeAll(async () => {
    peers = await TlsPeers.create();
    const engine = {
      submit: async (_: string, propose: (state: TestWorld['state']) => StudyEvent | undefined) => {
        const event = propose(world.state);
        if (event) stored.push(event);
        if (event) world.happen(event);
        return world.state;
      },
    };
    peers.server.addService(
      SessionServiceService,
      sessionService({
        context: peers.context,
        hub,
        engine: engine as unknown as StudyEngine,
        consortium: CONSORTIUM,
        rosterEpoch: async () => 4,
        caSha256: () => Buffer.alloc(32, 7),
        seen: async (site, said) => void seen.push([site, said !== undefined]),
        refused: (code) => counted.push(code),
        tightenings: { opened: async () => undefined, take: async () => undefined },
      }),
    );
    await peers.listen();
    member = await peers.peer('a');
  });
  afterAll(() => {
    for (const client of clients) client.close();
    peers.server.forceShutdown();
  });

  function open(peer = member): Opened {
    const client = new SessionServiceClient(peers.address, peer.credentials);
    clients.push(client);
    const call = client.open();
    const heard: OpenResponse[] = [];
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    ended.catch(() => undefined);
    call.on('data', (message: OpenResponse) => heard.push(message));
    call.on('error', (error) => reject(fromGrpcError(error)));
    call.on('end', () => {
      resolve();
      call.end();
    });
    return { call, heard, ended };
  }

  const refusalOf = (changes = {}): OpenRequest => ({
    body: {
      $case: 'refusal',
      value: {
        study: world.state.hash,
        round: 1,
        attempt: 0,
        code: 'COHORT_TOO_SMALL',
        fields: {},
        incident: '4F2A',
        kind: RefusalKind.REFUSAL_KIND_REFUSED,
        ...changes,
      },
    },
  });

  it('begins with a welcome, makes the site connected, and ends when the site ends it', async () => {
    const { call, heard, ended } = open();
    call.write(hello());
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(heard[0]?.body).toMatchObject({
      $case: 'welcome',
      value: { consortium: CONSORTIUM, protocolVersion: PROTOCOL_VERSION, rosterEpoch: 4 },
    });
    expect(hub.connected).toEqual(new Set([a]));
    expect(seen.at(-1)).toEqual([a, true]);
    call.write({ body: { $case: 'heartbeat', value: {} } });
    call.write({ body: { $case: 'step', value: { study: world.state.hash, round: 1, attempt: 0, step: Step.STEP_SEALING } } });
    await vi.waitFor(() => expect(hub.stepOf(a)?.step).toBe(Step.STEP_SEALING));
    expect(seen.at(-1)).toEqual([a, false]);
    call.end();
    await ended;
    await vi.waitFor(() => expect(hub.connected.size).toBe(0));
  });

  it('ends at once, with the reason, when its site is revoked, and takes nothing more from it', async () => {
    const revoked = await peers.peer('a');
    const { call, heard, ended } = open(revoked);
    call.write(hello());
    await vi.waitFor(() => expect(hub.connected.size).toBe(1));
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    peers.admitted.delete(revoked.fingerprint);
    const begun = performance.now();
    peers.context.streams.endAll(a);
    expect(hub.connected.size).toBe(0);
    call.write(refusalOf({ incident: 'AAAA' }));
    await expect(ended).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED', exitCode: 4 });
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(stored).toEqual([]);
    await expect(open(revoked).ended).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  });

  it('is over when the line is cut', async () => {
    const { call } = open();
    call.write(hello());
    await vi.waitFor(() => expect(hub.connected.size).toBe(1));
    call.cancel();
    await vi.waitFor(() => expect(hub.connected.size).toBe(0));
  });

  it('ends when the site opens another one, which stays', async () => {
    const older = open();
    older.call.write(hello());
    await vi.waitFor(() => expect(older.heard).toHaveLength(1));
    const newer = open();
    newer.call.write(hello());
    await older.ended;
    await vi.waitFor(() => expect(newer.heard).toHaveLength(1));
    hub.assign(a, { study: world.state.hash, sequence: 1n, task: { $case: 'rest', value: { reason: 'queued' } } });
    await vi.waitFor(() => expect(newer.heard).toHaveLength(2));
    expect(hub.connected).toEqual(new Set([a]));
    newer.call.end();
    await newer.ended;
  });

  it('is refused with a sentence that says why: another protocol, no hello, no certificate that counts', async () => {
    for (const [protocolVersion, words] of [
      [PROTOCOL_VERSION - 1, /Update consilium-site/],
      [PROTOCOL_VERSION + 1, /coordinator's admin/],
    ] as const) {
      const { call, ended } = open();
      call.write(hello({ protocolVersion }));
      await expect(ended).rejects.toMatchObject({ code: 'VERSION_TOO_OLD', fix: expect.stringMatching(words) as string });
    }
    const mute = open();
    mute.call.write({ body: { $case: 'heartbeat', value: {} } });
    await expect(mute.ended).rejects.toMatchObject({ code: 'HELLO_FIRST' });
    for (const peer of [peers.anonymous(), await peers.peer('a', { admitted: false })])
      await expect(open(peer).ended).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    expect(hub.connected.size).toBe(0);
  });

  it('takes of what a site says of itself only names and versions: it is shown in terminals', async () => {
    const odd: readonly Partial<Hello>[] = [
      { agentVersion: '\u001b]0;owned\u0007' },
      { engine: 'wasm\u001b[2J' },
      { cohorts: ['heart', '\u001b[31mheart'] },
      { cohorts: Array.from({ length: 501 }, (_, index) => `heart-${index}`) },
    ];
    for (const changes of odd) {
      const { call, ended } = open();
      call.write(hello(changes));
      setTimeout(() => call.end(), 1_000);
      await expect(ended).rejects.toMatchObject({ code: 'HELLO_INVALID' });
    }
    expect(hub.connected.size).toBe(0);
  });

  describe('in which a site refuses', () => {
    let session: Opened;
    beforeAll(() => {
      session = open();
      session.call.write(hello());
    });
    afterAll(() => session.call.end());

    it('stores the refusal once, however often it is said', async () => {
      for (let said = 0; said < 3; said++) session.call.write(refusalOf());
      session.call.write(refusalOf({ incident: '4F2B' }));
      await vi.waitFor(() => expect(stored).toHaveLength(2));
      expect(stored[0]).toMatchObject({ type: 'refused', site: 'a', code: 'COHORT_TOO_SMALL', incident: '4F2A', decision: 'refused' });
      expect(counted).toEqual(['COHORT_TOO_SMALL', 'COHORT_TOO_SMALL']);
    });

    it('keeps no free text: an unknown code, a field outside the list, an incident that is no id', async () => {
      session.call.write(refusalOf({ code: 'Patient 12345 is too old', incident: '0001' }));
      session.call.write(refusalOf({ code: 'COHORT_TOO_SMALL', fields: { patients: '12' }, incident: 'born 1931-07-01' }));
      await vi.waitFor(() => expect(stored).toHaveLength(4));
      expect(stored[2]).toMatchObject({ code: 'INTERNAL', fields: {} });
      expect(stored[3]).toMatchObject({ code: 'COHORT_TOO_SMALL', fields: {}, incident: '' });
    });
  });
});
