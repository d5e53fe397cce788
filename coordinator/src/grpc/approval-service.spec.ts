import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signStatement } from '@consilium/identity';
import { SiteName, type Statement } from '@consilium/protocol';
import { ApprovalServiceClient, ApprovalServiceService, fromGrpcError, type PauseRequest } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSORTIUM, TlsPeers } from '../../test/tls-peers.js';
import { sitesNamed, testStudy, TestWorld } from '../rounds/builders.js';
import type { StudyEvent } from '../rounds/study-event.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { approvalService } from './approval-service.js';

const a = SiteName.parse('a');
const signedAt = '2026-01-01T00:00:00.000Z';

describe('what a site says of its part in a study', () => {
  const world = new TestWorld(testStudy());
  const study = world.state.hash;
  const keys = new Map(sitesNamed('a', 'b').map((site) => [site, generateKeyPairSync('ed25519')]));
  let peers: TlsPeers;
  let client: ApprovalServiceClient;

  beforeAll(async () => {
    peers = await TlsPeers.create();
    const engine = {
      state: () => world.state,
      states: () => [world.state],
      submit: async (_: string, propose: (state: TestWorld['state']) => StudyEvent | undefined) => {
        const event = propose(world.state);
        if (event) world.happen(event);
        return world.state;
      },
    };
    const keyOf = async (site: SiteName) => Buffer.from(keys.get(site)?.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    peers.server.addService(
      ApprovalServiceService,
      approvalService({ context: peers.context, engine: engine as unknown as StudyEngine, consortium: CONSORTIUM, keyOf }),
    );
    await peers.listen();
    client = new ApprovalServiceClient(peers.address, (await peers.peer('a')).credentials);
  });
  afterAll(() => {
    client.close();
    peers.server.forceShutdown();
  });

  const keyOfSite = (site: string) => keys.get(SiteName.parse(site))?.privateKey as KeyObject;
  const say = (method: 'submit' | 'withdraw' | 'pause', { json, signature }: { json: Buffer; signature: Buffer }) =>
    new Promise<string>((resolve) => {
      const request: PauseRequest = { statement: json, signature };
      client[method](request, (error: unknown) => resolve(error ? fromGrpcError(error).code : 'taken'));
    });
  const decision = (change: Partial<Statement<'approval'>> = {}, by = 'a') =>
    signStatement(
      'approval',
      {
        consortium: CONSORTIUM,
        study,
        site: a,
        decision: 'approve',
        release: 'ask',
        until: null,
        epsilonLimit: null,
        agentVersion: '0.1.0',
        signedAt,
        officer: null,
        ...change,
      },
      keyOfSite(by),
    );
  const pause = (change: Partial<Statement<'pause'>> = {}, by = 'a') =>
    signStatement(
      'pause',
      { consortium: CONSORTIUM, study, site: a, decision: 'pause', signedAt, by: 'site', officer: null, ...change },
      keyOfSite(by),
    );
  const standing = () => world.state.standing.get(a)?.code;

  it('counts only under its own key, for itself, in this consortium', async () => {
    expect(await say('submit', decision({}, 'b'))).toBe('SIGNATURE_INVALID');
    expect(await say('pause', pause({}, 'b'))).toBe('SIGNATURE_INVALID');
    expect(await say('submit', decision({ consortium: 'another' }))).toBe('WRONG_CONTEXT');
    expect(await say('pause', pause({ consortium: 'another' }))).toBe('WRONG_CONTEXT');
    expect(world.state.seq).toBe(0);
  });

  it('is kept with its last day and its limit, once', async () => {
    const approval = decision({ until: '2999-12-31', epsilonLimit: '3.5' });
    for (const _ of [1, 2]) expect(await say('submit', approval)).toBe('taken');
    expect(world.state.approvals.get(a)).toMatchObject({ until: '2999-12-31', approval: { json: approval.json.toString() } });
    expect(world.stored).toHaveLength(1);
  });

  it('pauses once, names who paused, and ends with its own word or a new approval', async () => {
    for (const _ of [1, 2]) expect(await say('pause', pause())).toBe('taken');
    expect([standing(), world.stored.length]).toEqual(['PAUSED', 2]);
    expect(await say('pause', pause({ by: 'officer' }))).toBe('taken');
    expect(world.state.standing.get(a)?.fields).toEqual({ by: 'officer' });
    expect(await say('pause', pause({ decision: 'resume' }))).toBe('taken');
    expect(standing()).toBeUndefined();
    await say('pause', pause());
    await say('submit', decision());
    expect(standing()).toBeUndefined();
  });

  it('is over after a withdrawal, which no resumption undoes', async () => {
    await say('withdraw', decision({ decision: 'withdraw' }));
    expect(standing()).toBe('APPROVAL_ENDED');
    await say('pause', pause({ decision: 'resume' }));
    await say('pause', pause());
    expect(standing()).toBe('APPROVAL_ENDED');
    await say('submit', decision({ signedAt: '2026-01-02T00:00:00.000Z' }));
    expect([standing(), world.state.approvals.has(a)]).toEqual([undefined, true]);
  });
});
