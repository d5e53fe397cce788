import { SiteName } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabularLogistic } from '../../cli/templates/tabular-logistic.js';
import { httpWorld } from '../../test/http-world.js';

let world: Awaited<ReturnType<typeof httpWorld>>;
beforeAll(async () => {
  world = await httpWorld();
  await world.sites.invite(SiteName.parse('basel'), 3_600_000);
});
afterAll(() => world.close());

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, json, text };
}

describe('the API for officers', () => {
  it('knows budgets of ledgers that are mirrored, and takes requests to no others', async () => {
    expect((await call('GET', '/budgets')).json).toEqual({ items: [], nextCursor: null });
    for (const [method, path, body] of [
      ['GET', '/budgets/basel/heart', undefined],
      ['POST', '/budgets/basel/heart/freeze', {}],
      ['POST', '/budgets/basel/heart/tighten', { epsilonLimit: '4' }],
      ['POST', '/budgets/basel/heart/request-loosening', { epsilonLimit: '9', reason: 'a second study' }],
    ] as const)
      expect(await call(method, path, body)).toMatchObject({ status: 404, json: { code: 'LEDGER_UNKNOWN' } });
  });

  it.each(['0', '-1', '1e3', 'NaN', '4,5', '', 6])('takes no limit such as %j', async (epsilonLimit) => {
    const { status, json } = await call('POST', '/budgets/basel/heart/tighten', { epsilonLimit });
    expect([status, (json['errors'] as { pointer: string }[])[0]?.pointer]).toEqual([400, '#/epsilonLimit']);
  });

  it('shows the secret of a webhook once, and only takes addresses that a webhook may have', async () => {
    expect(await call('POST', '/settings/webhooks', { url: 'http://10.0.0.1/', kinds: ['study-ended'] })).toMatchObject({
      status: 400,
      json: { code: 'WEBHOOK_URL' },
    });
    expect((await call('POST', '/settings/webhooks', { url: 'https://chat.example/', kinds: ['gossip'] })).status).toBe(400);
    const made = await call('POST', '/settings/webhooks', { url: 'https://chat.example/', kinds: ['study-ended'] });
    expect(made).toMatchObject({ status: 201, json: { secret: expect.stringMatching(/^whsec_/) as string, createdBy: 'admin' } });
    const listed = await call('GET', '/settings/webhooks');
    expect(listed.json).toMatchObject({ items: [{ url: 'https://chat.example/', kinds: ['study-ended'] }] });
    expect(listed.text).not.toContain('whsec_');
    const path = `/settings/webhooks/${String(made.json['id'])}`;
    expect((await call('DELETE', path)).status).toBe(204);
    expect(await call('DELETE', path)).toMatchObject({ status: 404, json: { code: 'WEBHOOK_UNKNOWN' } });
  });

  it('keeps who is told of what, and says that no e-mail leaves before it is set up', async () => {
    expect((await call('PUT', '/settings/notices', { recipients: { 'budget-high': ['not an address'] } })).status).toBe(400);
    const { json } = await call('PUT', '/settings/notices', { recipients: { 'budget-high': ['dpo@basel.example'] } });
    expect(json).toMatchObject({ mail: { configured: false }, deliveries: { waiting: 0, gaveUp: 0, lastError: null } });
    expect(json['kinds']).toContainEqual(expect.objectContaining({ kind: 'budget-high', recipients: ['dpo@basel.example'] }));
    expect((await call('GET', '/settings/notices')).json).toEqual(json);
  });

  it('reminds whom a study waits for once a day, and says so where nobody would be told', async () => {
    const specification = tabularLogistic('reminded');
    const { json: study } = await call('POST', '/studies', { specification });
    const path = `/studies/${String(study['hash'])}/reminder`;
    expect(await call('POST', path, {})).toMatchObject({ status: 409, json: { code: 'NOBODY_LISTENS' } });
    await call('PUT', '/settings/notices', { recipients: { 'approval-needed': ['dpo@basel.example'] } });
    expect(await call('POST', path, {})).toMatchObject({ status: 202, json: { mails: 1, webhooks: 0 } });
    expect((await call('GET', '/settings/notices')).json).toMatchObject({ deliveries: { waiting: 1 } });
    const again = await call('POST', path, {});
    expect(again).toMatchObject({ status: 429, json: { code: 'RATE_LIMITED' } });
    expect(Number(again.headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
    await call('POST', `/studies/${String(study['hash'])}/stop`, {});
    expect(await call('POST', path, {})).toMatchObject({ status: 409, json: { code: 'NOBODY_WAITED_FOR' } });
  });

  it('shows how people sign in and how e-mail leaves, without a secret, and sends no test where nobody has an address', async () => {
    expect((await call('GET', '/settings/sign-in')).json).toEqual({
      sessions: { idle: '1h', life: '12h' },
      publicUrl: null,
      provider: null,
    });
    expect(await call('POST', '/settings/notices/test', {})).toMatchObject({ status: 409, json: { code: 'ACCOUNT_NEEDED' } });
  });

  it('makes a report of a site that has spent nothing, and hands it out as PDF and JSON', async () => {
    expect((await call('POST', '/reports/dpo', { site: 'basel', from: '2026-02-01', to: '2026-01-01' })).status).toBe(400);
    const made = await call('POST', '/reports/dpo', { site: 'basel', from: '2026-01-01', to: '2026-12-31' });
    expect(made.status).toBe(201);
    const id = String(made.json['id']);
    const pdf = await call('GET', `/reports/${id}.pdf`);
    expect([pdf.status, pdf.headers.get('content-type'), pdf.text.slice(0, 5)]).toEqual([200, 'application/pdf', '%PDF-']);
    expect(pdf.headers.get('content-disposition')).toBe('attachment; filename="consilium-dpo-basel-2026-01-01-2026-12-31.pdf"');
    expect((await call('GET', `/reports/${id}.json`)).json).toMatchObject({
      schema: 'consilium/dpo-report/v1',
      site: 'basel',
      populations: [],
    });
    expect((await call('GET', '/reports')).json).toMatchObject({ kinds: [{ kind: 'dpo' }], items: [{ id }] });
    expect((await call('GET', '/reports/nothing.pdf')).json).toMatchObject({ code: 'REPORT_UNKNOWN', status: 404 });
    expect((await call('GET', '/reports/..%2Fx.pdf')).status).toBe(400);
  });
});
