import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SiteName } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabularLogistic } from '../../cli/templates/tabular-logistic.js';
import { httpWorld } from '../../test/http-world.js';
import { StudyCheck, StudyView } from './study-views.js';

let world: Awaited<ReturnType<typeof httpWorld>>;
beforeAll(async () => {
  world = await httpWorld();
});
afterAll(() => world.close());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${world.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
const problem = async (response: Response) => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as Record<string, unknown>;
};
const yaml = (name: string) => tabularLogistic(name);

describe('access', () => {
  it('is by a token that lies in a private file and is the same after a restart', async () => {
    expect((await stat(join(world.state, 'admin.token'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(world.state, 'admin.token'), 'utf8')).toBe(`${world.token}\n`);
    expect(world.token.length).toBeGreaterThan(40);
  });

  it.each([
    '/api/v1/sites',
    '/api/v1/studies',
    '/api/v1/ledgers',
    '/api/v1/ledgers/basel/heart',
    '/api/v1/openapi.json',
    '/metrics',
    '/api/v1/studies/x/model',
  ])('is refused without it at %s', async (path) => {
    const response = await fetch(`${world.url}${path}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await problem(response)).toMatchObject({ code: 'UNAUTHENTICATED', status: 401, errorClass: 'forbidden' });
  });

  it('is refused with another token, also one that begins alike', async () => {
    for (const token of [world.token.slice(0, -1), `${world.token}x`, 'x'])
      expect((await call('GET', '/api/v1/sites', undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await call('GET', '/api/v1/sites')).status).toBe(200);
    expect(await (await call('GET', '/api/v1/ledgers')).json()).toEqual({ items: [], nextCursor: null });
    expect(await problem(await call('GET', '/api/v1/ledgers/basel/heart/checkpoint'))).toMatchObject({ code: 'LEDGER_UNKNOWN' });
  });
});

describe('an error', () => {
  it('names each field that is wrong, what to do, and a trace id that the log has too', async () => {
    const response = await call('POST', '/api/v1/sites/invitations', { site: 'Not A Name', expires: 'soon' });
    expect(response.status).toBe(400);
    const { errors, ...rest } = await problem(response);
    expect(rest).toMatchObject({
      type: '/api/v1/problems/INVALID_REQUEST',
      code: 'INVALID_REQUEST',
      fix: expect.any(String) as string,
    });
    expect(rest['traceId']).toMatch(/^[0-9a-f]{32}$/);
    expect((errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(['#/site', '#/expires']);
    expect(JSON.stringify(errors)).not.toContain('Not A Name');
  });

  it("carries the caller's own trace id on", async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const response = await call('GET', '/api/v1/studies/unknown', undefined, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    expect(response.status).toBe(404);
    expect(await problem(response)).toMatchObject({ code: 'STUDY_UNKNOWN', traceId: trace });
  });

  it('comes as problem details for what is no request at all, too', async () => {
    expect(await problem(await call('POST', '/api/v1/sites/invitations', '{"site":'))).toMatchObject({
      code: 'INVALID_REQUEST',
      status: 400,
    });
    expect(await problem(await call('GET', '/nowhere'))).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect(await problem(await call('POST', '/api/v1/studies', { specification: 'x'.repeat(2 ** 21) }))).toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('of the coordinator itself says nothing of its cause', async () => {
    const { hash } = StudyView.parse(await (await call('POST', '/api/v1/studies', { specification: yaml('lost') })).json());
    world.desk.views.delete(hash);
    const response = await call('GET', `/api/v1/studies/${hash}`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('not stored');
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL', errorClass: 'failed' });
  });
});

describe('sites', () => {
  it('are invited, once each until they have joined, and listed', async () => {
    const response = await call('POST', '/api/v1/sites/invitations', { site: 'basel' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ site: 'basel', token: expect.stringMatching(/^consilium-join-1\./) as string });
    expect(await problem(await call('POST', '/api/v1/sites/basel/admission'))).toMatchObject({ code: 'SITE_NOT_JOINED', status: 409 });
    expect(await problem(await call('POST', '/api/v1/sites/bern/admission'))).toMatchObject({ code: 'SITE_UNKNOWN', status: 404 });
    expect(await (await call('GET', '/api/v1/sites')).json()).toMatchObject({
      items: [{ site: 'basel', state: 'invited' }],
      nextCursor: null,
    });
  });
});

describe('studies', () => {
  it('are checked without being kept, with each site that could run them', async () => {
    await world.join('site-a', 1);
    const check = StudyCheck.parse(await (await call('POST', '/api/v1/studies/check', { yaml: yaml('heart-lr') })).json());
    expect(check.sites.map(({ site, couldRun, sentence }) => [site, couldRun, sentence])).toEqual([
      ['site-a', false, 'The site waits to be admitted.'],
      ['site-b', false, 'No site of this name is known.'],
      ['site-c', false, 'No site of this name is known.'],
      ['site-d', false, 'No site of this name is known.'],
    ]);
    expect((await call('GET', `/api/v1/studies/${check.hash}`)).status).toBe(404);
  });

  it('with an unknown field are refused with the nearest name', async () => {
    const response = await call('POST', '/api/v1/studies', { specification: yaml('heart-lr').replace('localSteps', 'localStep') });
    expect(response.status).toBe(400);
    expect(await problem(response)).toMatchObject({
      code: 'INVALID_FILE',
      fix: 'Did you mean "localSteps"?',
      errors: expect.arrayContaining([
        { pointer: '#/algorithm/localStep', detail: 'unknown field', fix: 'Did you mean "localSteps"?' },
      ]) as unknown[],
    });
  });

  it('are found by hash, by its beginning and by name, and are launched, continued and stopped', async () => {
    const proposed = await call('POST', '/api/v1/studies', { specification: yaml('heart-lr') });
    expect(proposed.status).toBe(201);
    const { hash } = StudyView.parse(await proposed.json());
    for (const id of [hash, hash.slice(0, 6), 'heart-lr'])
      expect(await (await call('GET', `/api/v1/studies/${id}`)).json()).toMatchObject({ hash, state: 'proposed' });
    expect(await (await call('POST', '/api/v1/studies/heart-lr/launch')).json()).toMatchObject({ state: 'running' });
    expect(await (await call('POST', '/api/v1/studies/heart-lr/excused', { site: 'site-b' })).json()).toMatchObject({
      stateReason: 'Goes on without site-b.',
    });
    expect(await (await call('POST', '/api/v1/studies/heart-lr/stop')).json()).toMatchObject({
      state: 'stopped',
      stateReason: 'Stopped by admin.',
    });
    expect(await problem(await call('GET', '/api/v1/studies/heart-lr/model'))).toMatchObject({ code: 'NOT_RELEASED', status: 409 });
    world.desk.bundle = Buffer.from('{"exact": "bytes"}');
    expect(await (await call('GET', '/api/v1/studies/heart-lr/model')).text()).toBe('{"exact": "bytes"}');
  });

  it('let a watcher wait for the next event, and no longer than asked', async () => {
    const { hash, seq } = StudyView.parse(await (await call('GET', '/api/v1/studies/heart-lr')).json());
    const waiting = call('GET', `/api/v1/studies/${hash}/events?after=${seq}&waitSeconds=10`);
    setTimeout(() => world.desk.change(hash, { stateReason: 'Something new.' }), 50);
    expect(await (await waiting).json()).toMatchObject({
      items: [{ seq: seq + 1, event: { type: 'changed' } }],
      nextCursor: String(seq + 1),
    });
    const none = await call('GET', `/api/v1/studies/${hash}/events?after=${seq + 1}&waitSeconds=0.05`);
    expect(await none.json()).toEqual({ items: [], nextCursor: String(seq + 1) });
    expect((await call('GET', `/api/v1/studies/${hash}/events?waitSeconds=26`)).status).toBe(400);
  });
});

describe('the machinery around the coordinator', () => {
  it('sees life without a token, and readiness only while the coordinator listens for sites', async () => {
    expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
    const before = await fetch(`${world.url}/readyz`);
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({
      ready: false,
      checks: { database: true, ca: true, grpc: false, spool: true, notDraining: true },
    });
    world.listening.grpcPort = 1;
    expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  });

  it('reads metrics by route pattern, without names of studies', async () => {
    await world.sites.markSeen(SiteName.parse('basel'));
    // Alerts are about members alone.
    expect(await (await call('GET', '/metrics')).text()).not.toContain('consilium_site_last_seen_timestamp_seconds{');
    await world.db.updateTable('sites').set({ state: 'admitted', position: 0 }).where('name', '=', SiteName.parse('basel')).execute();
    const text = await (await call('GET', '/metrics')).text();
    expect(text).toMatch(/consilium_build_info\{version="[^"]+"\} 1/);
    expect(text).toContain('consilium_sites{state="pending"} 1');
    expect(text).toMatch(/consilium_site_last_seen_timestamp_seconds\{site="basel"\} \d/);
    expect(text).toContain('consilium_http_request_duration_seconds_count{route="/api/v1/studies/:id",method="GET",code="200"}');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('heart-lr');
  });

  it('gets the API described in OpenAPI 3.1 from the schemas that check requests', async () => {
    const document = (await (await call('GET', '/api/v1/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, { post?: { requestBody?: { content: Record<string, { schema: unknown }> } } }>;
    };
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/v1/sites', '/api/v1/studies/{id}/events', '/api/v1/studies/{id}/model']),
    );
    expect(document.paths['/api/v1/sites/invitations']?.post?.requestBody?.content['application/json']?.schema).toMatchObject({
      required: ['site'],
      additionalProperties: false,
    });
  });

  it('is told in one sentence when the port is taken', async () => {
    await expect(world.listenAgain(world.port)).rejects.toMatchObject({ code: 'PORT_IN_USE', exitCode: 2 });
  });
});
