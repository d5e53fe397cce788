import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpWorld } from '../../test/http-world.js';
import { Browser } from '../../test/browser.js';
import { problemOf, PASSWORD } from '../../test/people.js';

let world: Awaited<ReturnType<typeof httpWorld>>;
let now = Date.now();
const later = (ms: number) => (now += ms);
beforeAll(async () => {
  world = await httpWorld({ clock: () => new Date(now), limits: { perActor: 10_000, guesses: 1_000, strangers: 1_000 } });
});
afterAll(() => world.close());

const browser = () => new Browser(world.url);

describe('the first admin', () => {
  it('comes by a link that works once, while nobody has an account', async () => {
    const link = new URL((await world.access.setupLink()) ?? '');
    expect(link.pathname).toBe('/setup');
    const token = new URLSearchParams(link.hash.slice(1)).get('token') ?? '';
    expect(token.length).toBeGreaterThanOrEqual(43);
    const visitor = browser();
    expect(await (await visitor.get('/setup')).json()).toEqual({ open: true });
    const ada = { token, email: 'Ada@Heart.example', name: 'Ada Lovelace', password: PASSWORD };
    expect(await problemOf(await visitor.post('/setup', { ...ada, token: `${token}x` }))).toMatchObject({ code: 'LINK_OVER', status: 403 });
    expect(await problemOf(await visitor.post('/setup', { ...ada, password: 'too short' }))).toMatchObject({
      code: 'PASSWORD_WEAK',
      status: 400,
    });
    const made = await visitor.post('/setup', ada);
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ account: { email: 'ada@heart.example', roles: ['admin'], state: 'active' } });
    expect(await problemOf(await visitor.post('/setup', ada))).toMatchObject({ code: 'SETUP_CLOSED' });
    expect(await (await visitor.get('/setup')).json()).toEqual({ open: false });
    expect(await world.access.setupLink()).toBeUndefined();
  });
});

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends, of a secret that is not stored', async () => {
    const ada = browser();
    const response = await ada.post('/session', { email: 'ada@heart.example', password: PASSWORD });
    expect(response.status).toBe(200);
    const [cookie, mark] = response.headers.getSetCookie();
    expect(mark).toMatch(/^consilium_browser=[\w-]{87}; Max-Age=15552000; Path=\/api\/v1\/session; Expires=.*; HttpOnly; SameSite=Strict$/);
    expect(cookie).toMatch(/^consilium_session=[\w-]{43}; Max-Age=43200; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/);
    expect(await (await ada.get('/session')).json()).toMatchObject({ account: { name: 'Ada Lovelace', totp: false }, csrf: ada.csrf });
    const stored = JSON.stringify(await world.db.selectFrom('sessions').selectAll().execute());
    expect(stored).not.toContain(ada.cookie?.split('=')[1]);
  });

  it('is for TLS only where people come over https', async () => {
    const response = await browser().post('/session', { email: 'ada@heart.example', password: PASSWORD }, { 'x-forwarded-proto': 'https' });
    expect(response.headers.get('set-cookie')).toContain('; Secure');
  });

  it('changes nothing without the word that only its own page knows', async () => {
    const ada = await browser().signIn('ada@heart.example', PASSWORD);
    const wish = { email: 'eve@heart.example', name: 'Eve', roles: ['researcher'] };
    for (const csrf of ['', 'x', `${ada.csrf}x`])
      expect(await problemOf(await ada.post('/accounts', wish, { 'x-consilium-csrf': csrf }))).toMatchObject({
        code: 'CSRF_MISSING',
        status: 403,
      });
    expect((await ada.get('/accounts')).status).toBe(200);
  });

  it('is a new one with each sign-in, and the one before ends', async () => {
    const ada = await browser().signIn('ada@heart.example', PASSWORD);
    const before = ada.cookie;
    await ada.signIn('ada@heart.example', PASSWORD);
    expect(ada.cookie).not.toBe(before);
    expect((await browser().withCookie(before).get('/session')).status).toBe(401);
    expect((await ada.delete('/session')).status).toBe(204);
    expect((await ada.get('/session')).status).toBe(401);
  });

  it('ends after an hour without a request, and after twelve hours whatever happens', async () => {
    const ada = await browser().signIn('ada@heart.example', PASSWORD);
    for (let hour = 0; hour < 12; hour += 0.9) {
      expect((await ada.get('/session')).status).toBe(200);
      later(0.9 * 3_600_000);
    }
    expect((await ada.get('/session')).status).toBe(401);
    await ada.signIn('ada@heart.example', PASSWORD);
    later(3_600_000);
    expect((await ada.get('/session')).status).toBe(401);
  });
});

describe('signing in', () => {
  it('says the same for a wrong password and for nobody, and makes both wait longer each time', async () => {
    const someone = browser();
    for (const email of ['ada@heart.example', 'nobody@heart.example']) {
      for (let tries = 0; tries < 5; tries += 1)
        expect(await problemOf(await someone.post('/session', { email, password: 'wrong' }))).toMatchObject({
          code: 'SIGN_IN_REFUSED',
          status: 401,
        });
      const locked = await someone.post('/session', { email, password: PASSWORD });
      expect(locked.headers.get('retry-after')).toBe('30');
      expect(await problemOf(locked)).toMatchObject({ code: 'LOCKED_OUT', status: 429 });
      later(30_000);
      expect(await problemOf(await someone.post('/session', { email, password: 'wrong' }))).toMatchObject({ code: 'SIGN_IN_REFUSED' });
      expect((await someone.post('/session', { email, password: PASSWORD })).headers.get('retry-after')).toBe('60');
      later(60_000);
    }
    await someone.signIn('ada@heart.example', PASSWORD);
  });

  it('counts tries that come at the same moment one by one', async () => {
    const tries = await Promise.all(
      Array.from({ length: 9 }, () => browser().post('/session', { email: 'crowd@heart.example', password: 'wrong' })),
    );
    expect(tries.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429]);
  });
});

describe('a browser from which somebody has signed in', () => {
  it('is not locked out by what strangers try elsewhere, and is by what is tried in it; it opens nothing', async () => {
    const admin = await world.person(['admin']);
    const wish = { email: 'lou@heart.example', name: 'Lou', roles: ['researcher'] };
    const { inviteLink } = (await (await admin.post('/accounts', wish)).json()) as { inviteLink: string };
    await browser().post('/welcome', { token: new URLSearchParams(new URL(inviteLink).hash.slice(1)).get('token'), password: PASSWORD });
    const trySignIn = (password: string, headers: Record<string, string>, email = wish.email) =>
      browser().post('/session', { email, password }, headers);
    const cookie = (await trySignIn(PASSWORD, {})).headers.getSetCookie()[1]?.split(';')[0] ?? '';
    for (let from = 0; from < 4; from += 1)
      for (let tries = 0; tries < 5; tries += 1) await trySignIn('wrong', { 'x-forwarded-for': `203.0.113.${from}` });
    expect((await trySignIn(PASSWORD, {})).status).toBe(429);
    expect((await trySignIn(PASSWORD, { cookie: `${cookie.slice(0, -2)}AA` })).status).toBe(429);
    const again = await trySignIn(PASSWORD, { cookie });
    expect([again.status, again.headers.getSetCookie().length]).toEqual([200, 1]);
    expect((await trySignIn('wrong', { cookie }, 'ada@heart.example')).status).toBe(401);
    for (let tries = 0; tries < 5; tries += 1) expect((await trySignIn('wrong', { cookie })).status).toBe(401);
    expect((await trySignIn(PASSWORD, { cookie })).status).toBe(429);
    later(30_000);
    expect((await trySignIn(PASSWORD, { cookie })).status).toBe(200);
    await admin.delete(`/accounts/${(await admin.signedIn()).account.id}`);
  });
});

describe('a second factor', () => {
  it('is put on with a code, asked for at sign-in, and no code counts twice', async () => {
    const ada = await browser().signIn('ada@heart.example', PASSWORD);
    const { secret, uri } = (await (await ada.post('/session/totp', {})).json()) as { secret: string; uri: string };
    expect(uri).toContain('otpauth://totp/Consilium%20heart:ada%40heart.example');
    const totp = new TOTP({ secret: Secret.fromBase32(secret) });
    const code = () => totp.generate({ timestamp: now });
    expect(await problemOf(await ada.post('/session/totp/confirm', { code: '000000' }))).toMatchObject({ code: 'TOTP_WRONG' });
    const confirmed = await ada.post('/session/totp/confirm', { code: code() });
    const { recoveryCodes } = (await confirmed.json()) as { recoveryCodes: string[] };
    expect(recoveryCodes).toHaveLength(10);

    const form = { email: 'ada@heart.example', password: PASSWORD };
    const other = browser();
    expect(await problemOf(await other.post('/session', form))).toMatchObject({ code: 'TOTP_NEEDED', status: 401 });
    expect(await problemOf(await other.post('/session', { ...form, totp: code() }))).toMatchObject({ code: 'SIGN_IN_REFUSED' });
    later(30_000);
    const next = code();
    expect((await other.post('/session', { ...form, totp: next })).status).toBe(200);
    expect(await problemOf(await other.post('/session', { ...form, totp: next }))).toMatchObject({ code: 'SIGN_IN_REFUSED' });
    const [first = ''] = recoveryCodes;
    expect((await other.post('/session', { ...form, totp: first.toLowerCase() })).status).toBe(200);
    expect(await problemOf(await other.post('/session', { ...form, totp: first }))).toMatchObject({ code: 'SIGN_IN_REFUSED' });

    const rows = await world.db.selectFrom('accounts').select(['totp_secret']).execute();
    expect(rows.some((row) => row.totp_secret?.includes(Buffer.from(Secret.fromBase32(secret).bytes)))).toBe(false);
    later(30_000);
    await other.post('/session', { ...form, totp: code() });
    expect((await other.signedIn()).account).toMatchObject({ totp: true });
    later(11 * 60_000);
    expect(await problemOf(await other.delete('/session/totp'))).toMatchObject({ code: 'TOTP_NEEDED' });
    expect((await other.delete('/session/totp', { code: code() })).status).toBe(204);
    await browser().signIn('ada@heart.example', PASSWORD);
  });
});

describe('people', () => {
  it('are invited by an admin, take a password by their link, and are what they were made', async () => {
    const ada = await browser().signIn('ada@heart.example', PASSWORD);
    const wish = { email: 'ina@basel.example', name: 'Ina IT', roles: ['site-it'], sites: ['basel'] };
    const { account, inviteLink } = (await (await ada.post('/accounts', wish)).json()) as { account: { id: string }; inviteLink: string };
    expect(account).toMatchObject({ state: 'invited', roles: ['site-it'], sites: ['basel'] });
    expect(await problemOf(await ada.post('/accounts', wish))).toMatchObject({ code: 'EMAIL_TAKEN' });
    const token = new URLSearchParams(new URL(inviteLink).hash.slice(1)).get('token');
    const ina = browser();
    expect((await ina.post('/welcome', { token, password: PASSWORD })).status).toBe(201);
    expect(await problemOf(await ina.post('/welcome', { token, password: PASSWORD }))).toMatchObject({ code: 'LINK_OVER' });
    await ina.signIn('ina@basel.example', PASSWORD);
    expect(await problemOf(await ina.get('/accounts'))).toMatchObject({ code: 'NOT_PERMITTED', status: 403 });

    expect((await ada.patch(`/accounts/${account.id}`, { roles: ['admin'], sites: [] })).status).toBe(200);
    expect((await ina.get('/accounts')).status).toBe(200);
    expect((await ada.delete(`/accounts/${account.id}`)).status).toBe(204);
    expect((await ina.get('/session')).status).toBe(401);
    expect(await problemOf(await ina.post('/session', { email: 'ina@basel.example', password: PASSWORD }))).toMatchObject({
      code: 'SIGN_IN_REFUSED',
    });
    expect((await ada.post('/accounts', wish)).status).toBe(201);
  });

  it('never leave the consortium without an admin', async () => {
    const ada = await browser().signIn('ada@heart.example', PASSWORD);
    const { id } = (await ada.signedIn()).account;
    for (const refused of [ada.delete(`/accounts/${id}`), ada.patch(`/accounts/${id}`, { roles: ['researcher'] })])
      expect(await problemOf(await refused)).toMatchObject({ code: 'LAST_ADMIN', status: 409 });
  });

  it('who get a new link keep nothing that opened the account before: no session, no token', async () => {
    const [ada, eve] = [await world.person(['admin']), await world.person(['researcher'])];
    const { id } = (await eve.signedIn()).account;
    const { token } = (await (await eve.post('/tokens', { name: 'taken', scopes: ['*:read'], days: 90 })).json()) as { token: string };
    const { inviteLink } = (await (await ada.post(`/accounts/${id}/invitation`, undefined)).json()) as { inviteLink: string };
    const link = new URLSearchParams(new URL(inviteLink).hash.slice(1)).get('token');
    expect((await browser().post('/welcome', { token: link, password: PASSWORD })).status).toBe(201);
    expect((await eve.get('/session')).status).toBe(401);
    expect((await fetch(`${world.url}/api/v1/studies`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
    await ada.delete(`/accounts/${(await ada.signedIn()).account.id}`);
  });

  it('never leave it so when two admins send each other a new link at the same moment', async () => {
    const { accounts } = world.access;
    const others = await world.db.selectFrom('accounts').select('id').where('state', '=', 'active').execute();
    const [one, other] = await Promise.all(
      [world.person(['admin']), world.person(['admin'])].map(async (who) => (await (await who).signedIn()).account.id),
    );
    const setState = (state: 'active' | 'closed') =>
      world.db
        .updateTable('accounts')
        .set({ state })
        .where(
          'id',
          'in',
          others.map(({ id }) => id),
        )
        .execute();
    await setState('closed');
    let begun = () => {};
    const first = new Promise<void>((resolve) => (begun = resolve));
    const both = await Promise.allSettled([
      world.db.transaction().execute(async (tx) => {
        await accounts.inviteAgain(tx, one ?? '');
        begun();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }),
      first.then(() => world.db.transaction().execute((tx) => accounts.inviteAgain(tx, other ?? ''))),
    ]);
    await setState('active');
    expect(both).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'LAST_ADMIN' } }]);
    await world.db
      .deleteFrom('sessions')
      .where('account', '=', other ?? '')
      .execute();
    await world.db
      .updateTable('accounts')
      .set({ state: 'closed' })
      .where('id', '=', other ?? '')
      .execute();
  });

  it('change their own password, and every other session ends', async () => {
    const [one, other] = [await browser().signIn('ada@heart.example', PASSWORD), await browser().signIn('ada@heart.example', PASSWORD)];
    const next = 'four other words entirely';
    expect(await problemOf(await one.post('/session/password', { current: 'wrong', next }))).toMatchObject({ code: 'PASSWORD_WRONG' });
    expect((await one.post('/session/password', { current: PASSWORD, next })).status).toBe(204);
    expect((await one.get('/session')).status).toBe(200);
    expect((await other.get('/session')).status).toBe(401);
    await one.post('/session/password', { current: next, next: PASSWORD });
    expect(await (await one.patch('/session', { theme: 'dark' })).json()).toMatchObject({ account: { theme: 'dark' } });
  });

  it('bound to a site see of every list its own part only', async () => {
    await world.join('basel', 1);
    await world.join('bern', 2);
    const ina = await world.person(['site-it'], ['basel']);
    expect(((await (await ina.get('/sites')).json()) as { items: { site: string }[] }).items.map(({ site }) => site)).toEqual(['basel']);
    expect(await problemOf(await ina.get('/ledgers/bern/heart'))).toMatchObject({ code: 'NOT_PERMITTED' });
    expect(await problemOf(await ina.get('/ledgers/basel/heart'))).toMatchObject({ code: 'LEDGER_UNKNOWN' });
    const all = await world.person(['compliance'], []);
    expect(((await (await all.get('/sites')).json()) as { items: unknown[] }).items).toHaveLength(2);
  });
});

describe('an API token', () => {
  it('does what its scopes and its owner may, until it ends, and is stored as a hash', async () => {
    const rae = await world.person(['researcher']);
    expect((await rae.post('/tokens', { name: 'notebook', scopes: ['studies:read'], days: 91 })).status).toBe(400);
    const made = (await (await rae.post('/tokens', { name: 'notebook', scopes: ['studies:read'], days: 2 })).json()) as {
      id: string;
      token: string;
    };
    const get = (path: string, method = 'GET') =>
      fetch(`${world.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${made.token}` } });
    expect((await get('/studies')).status).toBe(200);
    expect(await problemOf(await get('/sites'))).toMatchObject({
      code: 'NOT_PERMITTED',
      detail: 'This token does not have the scope sites:read.',
    });
    expect(await problemOf(await get('/studies/x/launch', 'POST'))).toMatchObject({ code: 'NOT_PERMITTED' });
    expect(await problemOf(await get('/session', 'DELETE'))).toMatchObject({ code: 'NOT_PERMITTED' });
    expect(JSON.stringify(await world.db.selectFrom('api_tokens').selectAll().execute())).not.toContain(made.token);
    expect(await (await rae.get('/tokens')).json()).toMatchObject({
      items: [{ name: 'notebook', lastUsedAt: expect.any(String) as string }],
    });
    later(2 * 86_400_000);
    expect((await get('/studies')).status).toBe(401);
  });

  it('is ended by its owner, or by an admin, and by nobody else', async () => {
    const [rae, eve] = [await world.person(['researcher']), await world.person(['researcher'])];
    const make = async () =>
      (await (await rae.post('/tokens', { name: 'a', scopes: ['*:read'], days: 1 })).json()) as { id: string; token: string };
    const { id } = await make();
    expect(await problemOf(await eve.delete(`/tokens/${id}`))).toMatchObject({ code: 'API_TOKEN_UNKNOWN', status: 404 });
    expect((await rae.delete(`/tokens/${id}`)).status).toBe(204);
    const admin = await world.person(['admin']);
    expect((await admin.delete(`/tokens/${(await make()).id}`)).status).toBe(204);
  });

  it('fit for Prometheus reads the figures, and nothing of sites, studies or people', async () => {
    const admin = await world.person(['admin']);
    const made = await admin.post('/tokens', { name: 'prometheus', scopes: ['metrics:read'], days: 90 });
    const headers = { authorization: `Bearer ${((await made.json()) as { token: string }).token}` };
    const figures = await fetch(`${world.url}/metrics`, { headers });
    expect(figures.status).toBe(200);
    expect(await figures.text()).toContain('consilium_build_info');
    for (const route of ['sites', 'studies', 'accounts', 'audit', 'tokens', 'inbox', 'budgets', 'openapi.json'])
      expect([route, (await fetch(`${world.url}/api/v1/${route}`, { headers })).status]).toEqual([route, 403]);
  });

  it('makes no token that may more, or lives longer, than itself', async () => {
    const rae = await world.person(['researcher']);
    const { token } = (await (await rae.post('/tokens', { name: 'a', scopes: ['tokens:write', 'studies:read'], days: 2 })).json()) as {
      token: string;
    };
    const make = (scopes: string[], days: number) =>
      fetch(`${world.url}/api/v1/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'b', scopes, days }),
      });
    expect((await make(['studies:write'], 1)).status).toBe(403);
    expect((await make(['studies:read'], 3)).status).toBe(403);
    expect((await make(['studies:read'], 1)).status).toBe(201);
  });
});

describe('the machine credential', () => {
  it('goes on working, and is no person', async () => {
    const headers = { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' };
    expect((await fetch(`${world.url}/api/v1/accounts`, { headers })).status).toBe(200);
    const body = JSON.stringify({ name: 'x', scopes: ['*:read'], days: 1 });
    expect(await problemOf(await fetch(`${world.url}/api/v1/tokens`, { method: 'POST', headers, body }))).toMatchObject({
      code: 'ACCOUNT_NEEDED',
    });
  });
});

describe('browsers', () => {
  it('are told to run, load and connect to nothing but what is served here', async () => {
    const [one, other] = await Promise.all([fetch(`${world.url}/healthz`), fetch(`${world.url}/healthz`)]);
    const policy = one.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/style-src 'self' 'nonce-[\w-]{22}'/);
    expect(policy).not.toBe(other.headers.get('content-security-policy'));
    expect(policy).not.toContain('unsafe');
    expect(one.headers.get('x-content-type-options')).toBe('nosniff');
    expect(one.headers.get('referrer-policy')).toBe('no-referrer');
    expect(one.headers.get('strict-transport-security')).toBeNull();
  });

  it('and proxies keep no answer that was for one person', async () => {
    const ada = await world.person(['admin']);
    for (const path of ['/accounts', '/session', '/audit', '/nothing'])
      expect((await ada.get(path)).headers.get('cache-control'), path).toBe('private, no-cache');
  });
});
