import { randomUUID } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { StudyHash } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { tabularLogistic } from '../../cli/templates/tabular-logistic.js';
import { tabularPrivate } from '../../cli/templates/tabular-private.js';
import { httpWorld } from '../../test/http-world.js';
import { EgressPage } from './egress-views.js';
import { ApiDescription } from './open-api.js';
import { StudyDifference, StudyForecast } from './reading-views.js';

let world: Awaited<ReturnType<typeof httpWorld>>;
beforeAll(async () => {
  world = await httpWorld();
});
afterAll(() => world.close());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const json = async <T = Record<string, unknown>>(response: Promise<Response>) => (await (await response).json()) as T;
const propose = (yaml: string) => json<{ hash: string; seq: number }>(call('POST', '/studies', { specification: yaml }));

describe('a list', () => {
  it('comes in pages that together hold every study once, also when one is proposed between', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await propose(tabularLogistic(name));
    const seen: string[] = [];
    let cursor: string | null = '';
    do {
      const page: { items: { name: string }[]; nextCursor: string | null } = await json(
        call('GET', `/studies?limit=1&q=page-${cursor === '' ? '' : `&cursor=${cursor}`}`),
      );
      expect(page.items.length).toBe(1);
      seen.push(...page.items.map(({ name }) => name));
      if (seen.length === 1) await propose(tabularLogistic('page-d'));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.filter((name) => name !== 'page-d').toSorted()).toEqual(['page-a', 'page-b', 'page-c']);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('refuses a cursor of another kind, and a limit that is none', async () => {
    const other = Buffer.from('{"a":1}').toString('base64url');
    expect(await json(call('GET', `/studies?cursor=${other}`))).toMatchObject({ code: 'CURSOR_INVALID', status: 400 });
    expect((await call('GET', '/studies?limit=0')).status).toBe(400);
    expect((await call('GET', '/egress?limit=501')).status).toBe(400);
  });
});

describe('a tag', () => {
  it('spares the transfer of a study that has not changed', async () => {
    const { hash } = await propose(tabularLogistic('tagged'));
    const first = await call('GET', `/studies/${hash}`);
    const tag = first.headers.get('etag') ?? '';
    const again = await call('GET', `/studies/${hash}`, undefined, { 'if-none-match': tag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    world.desk.change(StudyHash.parse(hash), { stateReason: 'Something else.' });
    expect((await call('GET', `/studies/${hash}`, undefined, { 'if-none-match': tag })).status).toBe(200);
  });

  it('keeps a decision from being made on what no longer holds, and not on what only went on', async () => {
    const { hash } = await propose(tabularLogistic('decided'));
    const tag = (await call('GET', `/studies/${hash}`)).headers.get('etag') ?? '';
    world.desk.change(StudyHash.parse(hash), { stateReason: 'An upload went on.' });
    expect((await call('POST', `/studies/${hash}/launch`, undefined, { 'if-match': tag })).status).toBe(200);
    const late = await call('POST', `/studies/${hash}/stop`, undefined, { 'if-match': tag });
    expect([late.status, await late.json()]).toMatchObject([412, { code: 'CHANGED_MEANWHILE' }]);
    expect(await json(call('GET', `/studies/${hash}`))).toMatchObject({ state: 'running' });
    expect((await call('POST', `/studies/${hash}/stop`, undefined, { 'if-match': '*' })).status).toBe(200);
  });
});

describe('an Idempotency-Key', () => {
  const invite = (site: string, key: string) => call('POST', '/sites/invitations', { site }, { 'idempotency-key': key });

  it('gives the same answer to the same request, which is done once', async () => {
    const key = randomUUID();
    const first = await invite('zurich', key);
    const again = await invite('zurich', `"${key}"`);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(await again.json()).toEqual(await first.json());
    const other = await json<{ token: string }>(invite('zurich', randomUUID()));
    expect(other).not.toEqual(await json(invite('zurich', key)));
  });

  it('is refused with another request, and says so of one under way', async () => {
    const key = randomUUID();
    const answers = await Promise.all([invite('bern', key), invite('bern', key), invite('bern', key)]);
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses[0]).toBe(201);
    expect(statuses.slice(1).every((status) => status === 201 || status === 409)).toBe(true);
    expect(await json(invite('basel', key))).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH', status: 422 });
    expect(await json(call('GET', '/sites'))).not.toMatchObject({ items: expect.arrayContaining([{ site: 'basel' }]) as unknown });
  });

  it('holds over a restart, and tells when the coordinator ended within a request', async () => {
    const key = randomUUID();
    const first = await json(invite('geneva', key));
    await world.restart(0);
    expect(await json(invite('geneva', key))).toEqual(first);
    await world.forgetAnswer();
    expect(await json(invite('geneva', key))).toMatchObject({ code: 'IDEMPOTENCY_INTERRUPTED', status: 409 });
  });

  it('is free again after a refusal, which did nothing', async () => {
    const key = randomUUID();
    expect((await call('POST', '/sites/aarau/admission', undefined, { 'idempotency-key': key })).status).toBe(404);
    expect((await call('POST', '/sites/aarau/admission', undefined, { 'idempotency-key': key })).status).toBe(404);
    expect(await json(invite('aarau', 'short'))).toMatchObject({ code: 'IDEMPOTENCY_KEY', status: 400 });
  });

  it('keeps no answer that whoever reads the database could read', async () => {
    const { token } = await json<{ token: string }>(invite('lugano', randomUUID()));
    const rows = await world.keptAnswers();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some((row) => row.includes(token.slice(-20)) || row.includes('lugano'))).toBe(false);
  });
});

describe('a study file', () => {
  it('is forecast while it is written, whatever is in it', async () => {
    const forecast = async (yaml: string) => StudyForecast.parse(await json(call('POST', '/studies/forecast', { yaml })));
    const good = await forecast(tabularPrivate('typed'));
    expect(good).toMatchObject({ ok: true, problems: [], rounds: 40, epsilon: { promise: { rounding: 'up' } } });
    expect(Number(good.epsilon?.promise.value)).toBeLessThan(Number(good.epsilon?.ifAllOthersCollude.value));
    const dear = await forecast(tabularPrivate('typed').replace('epsilonMax: 1.5', 'epsilonMax: 0.5'));
    expect(dear).toMatchObject({ ok: false, problems: [{ pointer: '#/privacy/epsilonMax' }], hash: expect.any(String) as string });
    for (const yaml of ['', '{', 'a: [', '- 1', '&a [*a]', 'null', '\u0000', 'name: x', `${'['.repeat(500)}`]) {
      const { ok, problems, hash } = await forecast(yaml);
      expect([ok, hash]).toEqual([false, null]);
      expect(problems.length).toBeGreaterThan(0);
    }
    expect((await forecast(tabularPrivate('typed').replace('learningRate', 'learningRat'))).problems).toContainEqual({
      pointer: '#/algorithm/learningRat',
      detail: 'unknown field',
      fix: 'Did you mean "learningRate"?',
    });
  });

  it('that was stored in its canonical form is shown as people write it, and comes to the same hash', async () => {
    for (const template of [tabularLogistic, tabularPrivate]) {
      const { hash } = await propose(template('shown'));
      const { yaml, canonical } = await json<{ yaml: string; canonical: string }>(call('GET', `/studies/${hash}/specification`));
      expect(Object.keys(parse(yaml) as object).slice(0, 3)).toEqual(['apiVersion', 'kind', 'name']);
      expect(JSON.parse(canonical)).toHaveProperty('derived');
      expect(yaml).not.toContain('derived');
      expect((await propose(yaml)).hash).toBe(hash);
    }
  });

  it('is compared with another version: what changed, and what that does to epsilon', async () => {
    const one = await propose(tabularPrivate('versioned'));
    const two = await propose(
      tabularPrivate('versioned')
        .replace('noiseMultiplier: 25', 'noiseMultiplier: 20')
        .replace('missingFlag: true', 'missingFlag: false')
        .replace('epsilonMax: 1.5', 'epsilonMax: 3')
        .replace('all-sites-agree', 'threshold'),
    );
    const { epsilon, changes } = StudyDifference.parse(await json(call('GET', `/studies/${one.hash}/diff/${two.hash}`)));
    expect(Number(epsilon.after?.value)).toBeGreaterThan(Number(epsilon.before?.value));
    const at = (path: string) => changes.find((change) => change.path === path);
    const noise = at('privacy.noiseMultiplier');
    expect(Number(noise?.effect.epsilon?.after?.value)).toBeGreaterThan(Number(noise?.effect.epsilon?.before?.value));
    expect(noise?.sentence).toMatch(/^privacy\.noiseMultiplier 25 → 20: epsilon forecast [\d.]+ → [\d.]+; less noise/);
    expect(at('cohort.inputs.creatinine.missingFlag')?.effect.data).toBeDefined();
    expect(at('release.when')?.effect.release).toBeDefined();
    expect(at('privacy.epsilonMax')?.effect.epsilon).toBeUndefined();
    expect(await json(call('GET', `/studies/${two.hash}/versions`))).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ hash: one.hash }), expect.objectContaining({ hash: two.hash })]) as unknown,
    });
  });
});

describe('the inbox', () => {
  it('says what waits and who can act, and lets each person put it off', async () => {
    await world.join('site-a', 1);
    const { hash } = await propose(tabularLogistic('waiting'));
    type Box = { items: { id: string; kind: string; title: string; whoCanAct: string }[] };
    const items = (await json<Box>(call('GET', '/inbox'))).items;
    const approval = items.find(({ id }) => id === `approval:${hash}`);
    expect(approval).toMatchObject({ kind: 'approval', whoCanAct: expect.stringContaining('consilium-site study approve') as string });
    expect(items.find(({ kind }) => kind === 'admission')?.title).toBe('site-a has joined and waits to be admitted');
    const after = await json<Box>(call('POST', `/inbox/${encodeURIComponent(`approval:${hash}`)}/snooze`, { days: 2 }));
    expect(after.items.map(({ id }) => id)).not.toContain(`approval:${hash}`);
    expect(await json(call('POST', '/inbox/none/snooze', { days: 2 }))).toMatchObject({ code: 'INBOX_UNKNOWN', status: 404 });
  });
});

describe('egress', () => {
  it('is every contribution and signed statement that came here, in pages, with sums, and as a file', async () => {
    const hash = StudyHash.parse((await propose(tabularLogistic('leaving'))).hash);
    const sha256 = 'ab'.repeat(32);
    await world.record(hash, [
      { type: 'uploaded', site: 'site-a', round: 1, attempt: 0, bytes: 1_000, sha256, signature: '' },
      { type: 'listSigned', site: 'site-a', round: 1, attempt: 0, signature: '' },
      { type: 'uploaded', site: 'site-b', round: 1, attempt: 0, bytes: 500, sha256, signature: '' },
      { type: 'metricsSigned', site: 'site-a', round: 1, statement: { json: '{"zürich":1}', signature: '' }, totals: {} },
    ]);
    const all = EgressPage.parse(await json(call('GET', `/egress?study=${hash}`)));
    expect(all.items.map(({ at, site, kind, bytes }) => [at.slice(0, 19), site, kind, bytes])).toEqual([
      ['2026-02-02T00:00:01', 'site-a', 'metadata', 13],
      ['2026-02-02T00:00:00', 'site-b', 'ciphertext', 500],
      ['2026-02-01T23:59:58', 'site-a', 'ciphertext', 1_000],
    ]);
    expect(all.totals?.days).toEqual([
      { day: '2026-02-01', kind: 'ciphertext', items: 1, bytes: 1_000 },
      { day: '2026-02-02', kind: 'ciphertext', items: 1, bytes: 500 },
      { day: '2026-02-02', kind: 'metadata', items: 1, bytes: 13 },
    ]);
    const pages = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = EgressPage.parse(await json(call('GET', `/egress?study=${hash}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`)));
      pages.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(pages).toEqual(all.items);
    const one = EgressPage.parse(await json(call('GET', `/egress?study=${hash}&site=site-a&kind=ciphertext&to=2026-02-02`)));
    expect(one.items.map(({ bytes }) => bytes)).toEqual([1_000]);
    const file = await call('GET', `/egress/export?study=${hash}`);
    expect(file.headers.get('content-type')).toContain('text/csv');
    const lines = (await file.text()).trimEnd().split('\r\n');
    expect(lines[0]).toBe('at,site,study,round,kind,bytes,sha256,destination,ledgerEntry');
    expect(lines.slice(1)).toEqual(
      all.items.map((item) =>
        Object.values(item)
          .map((value) => value ?? '')
          .join(','),
      ),
    );
  });
});

describe('the description of the API', () => {
  it('is valid OpenAPI 3.1 and says of every operation what it is for and what it answers', async () => {
    const document = world.get(ApiDescription).document;
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    expect([valid, JSON.stringify(errors)?.slice(0, 2_000)]).toEqual([true, undefined]);
    const operations = Object.entries(document?.paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path: `${method} ${path}`, ...(operation as Operation) })),
    );
    expect(operations.length).toBeGreaterThan(20);
    for (const { path, summary, responses, operationId } of operations) {
      expect(summary, path).toBeTruthy();
      expect(operationId, path).toBeTruthy();
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      expect(good.length, path).toBe(1);
      expect(good[0]?.[1].description, path).toBeTruthy();
      expect(responses, path).toHaveProperty('default');
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  }, 120_000);

  it('explains every problem at the address that the problem names, to anybody', async () => {
    const { type } = await json<{ type: string }>(call('GET', '/studies/none'));
    const page = await fetch(new URL(type, world.url));
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/^STUDY_UNKNOWN\n\n\S/);
  });
});

interface Operation {
  readonly summary?: string;
  readonly operationId?: string;
  readonly responses: Readonly<Record<string, { description?: string; content?: unknown }>>;
}
