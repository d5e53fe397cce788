import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SiteName } from '@consilium/protocol';
import { Provider, type JWK } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../test/browser.js';
import { httpWorld } from '../../test/http-world.js';
import type { ProviderConfig } from '../access/index.js';

/** What the provider knows of people, by their account there. */
const PEOPLE: Record<string, Record<string, unknown>> = {
  rae: { email: 'rae@heart.example', email_verified: true, name: 'Rae Researcher', groups: ['researchers', 'choir'] },
  ina: { email: 'ina@basel.example', email_verified: true, name: 'Ina IT', groups: ['it-basel'] },
  eve: { email: 'eve@heart.example', email_verified: true, name: 'Eve', groups: ['choir'] },
  cleo: { email: 'cleo@heart.example', email_verified: true, name: 'Cleo', groups: ['researchers'] },
  uma: { email: 'uma@heart.example', email_verified: 'false', name: 'Uma', groups: ['researchers'] },
  mal: { email: 'admin@heart.example', email_verified: true, name: 'Mal', groups: ['researchers'] },
};

let world: Awaited<ReturnType<typeof httpWorld>>;
let provider: Awaited<ReturnType<typeof startProvider>>;

beforeAll(async () => {
  provider = await startProvider(() => `${world.url}/api/v1/session/oidc/callback`);
  const config: ProviderConfig = {
    name: 'Heart sign-on',
    issuer: provider.issuer,
    clientId: 'consilium',
    clientSecret: 'client secret of the test',
    scopes: ['openid', 'email', 'profile', 'groups'],
    roles: {
      claim: 'groups',
      rules: [
        { value: 'researchers', role: 'researcher', sites: [] },
        { value: 'it-basel', role: 'site-it', sites: [SiteName.parse('basel')] },
      ],
    },
  };
  world = await httpWorld({ provider: config });
});
afterAll(async () => {
  await world.close();
  await provider.close();
});

/** A real OpenID provider on loopback; whoever comes is the account named in `login`. */
async function startProvider(redirect: () => string) {
  let login = 'rae';
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let handle: ((request: unknown, response: unknown) => void) | undefined;
  server.on('request', (request, response) => {
    // Made at the first request: only then is the coordinator's own port known.
    handle ??= makeProvider(issuer, redirect(), { kty: 'RSA', ...privateKey.export({ format: 'jwk' }) }, () => login);
    handle(request, response);
  });
  return {
    issuer,
    signsInAs: (name: string) => (login = name),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function makeProvider(issuer: string, redirectUri: string, key: JWK, login: () => string) {
  const hour = () => 3_600;
  const oidc = new Provider(issuer, {
    ttl: { Interaction: hour, Grant: hour, Session: hour, AccessToken: hour, IdToken: hour },
    clients: [{ client_id: 'consilium', client_secret: 'client secret of the test', redirect_uris: [redirectUri] }],
    pkce: { required: () => true },
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] },
    claims: { email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'], openid: ['sub'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['test'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      const grant = new ctx.oidc.provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  });
  oidc.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    await oidc.interactionFinished(ctx.req, ctx.res, { login: { accountId: login() } });
    ctx.respond = false;
  });
  return oidc.callback() as (request: unknown, response: unknown) => void;
}

/** Follows redirections as a browser does, with the cookies of both. @returns the last address it was sent to */
async function follow(
  browser: Browser,
  start: string,
  jar = new Map<string, string>(),
): Promise<{ location: string; jar: Map<string, string> }> {
  let address = start;
  for (let hops = 0; hops < 12; hops += 1) {
    const host = new URL(address).host;
    const cookie = [...jar].filter(([key]) => key.startsWith(`${host} `)).map(([key, value]) => `${key.split(' ')[1]}=${value}`);
    const response = await fetch(address, { redirect: 'manual', headers: cookie.length > 0 ? { cookie: cookie.join('; ') } : {} });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(`${host} ${name}`, value);
      if (name === 'consilium_session') browser.withCookie(`${name}=${value}`);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${response.status} at ${address}: ${await response.text()}`);
    address = new URL(location, address).href;
    if (address.startsWith(world.url) && !address.includes('/api/')) return { location: address.slice(world.url.length), jar };
  }
  throw new Error('sent round and round');
}

const startAt = (back = '/studies') => `${world.url}/api/v1/session/oidc/start?return=${encodeURIComponent(back)}`;

describe('sign-in at an OpenID provider', () => {
  it('is offered by its name', async () => {
    expect(await (await fetch(`${world.url}/api/v1/auth-methods`)).json()).toEqual({ password: true, oidc: { name: 'Heart sign-on' } });
  });

  it('makes an account with the roles of the claim, and comes back to where the person was', async () => {
    provider.signsInAs('rae');
    const rae = new Browser(world.url);
    expect((await follow(rae, startAt('/studies?state=running'))).location).toBe('/studies?state=running');
    expect(await (await rae.get('/session')).json()).toMatchObject({
      account: { email: 'rae@heart.example', name: 'Rae Researcher', roles: ['researcher'], sites: [] },
    });
    provider.signsInAs('ina');
    const ina = new Browser(world.url);
    await follow(ina, startAt());
    expect((await ina.signedIn()).account).toMatchObject({ roles: ['site-it'], sites: ['basel'] });
  });

  it('takes the roles of the claim anew each time, and has them in the audit log', async () => {
    provider.signsInAs('rae');
    const rae = PEOPLE['rae'] ?? {};
    PEOPLE['rae'] = { ...rae, groups: ['it-basel'] };
    const browser = new Browser(world.url);
    await follow(browser, startAt());
    PEOPLE['rae'] = rae;
    expect((await browser.signedIn()).account).toMatchObject({ roles: ['site-it'] });
    const [entry] = await world.access.audit.find({ action: 'session.begin' }, 1);
    expect(entry).toMatchObject({
      actor: 'rae@heart.example',
      via: 'provider',
      before: { roles: ['researcher'] },
      after: { roles: ['site-it'] },
    });
    expect(await world.db.selectFrom('accounts').select('email').where('email', '=', 'rae@heart.example').execute()).toHaveLength(1);
  });

  it('lets nobody in whom no rule gives a role, nor into an account that has a password', async () => {
    provider.signsInAs('eve');
    const eve = new Browser(world.url);
    expect((await follow(eve, startAt())).location).toBe('/sign-in?error=PROVIDER_NO_ROLE');
    expect(eve.cookie).toBeUndefined();
    const admin = await world.person(['admin']);
    await admin.post('/accounts', { email: 'admin@heart.example', name: 'Admin', roles: ['admin'] });
    provider.signsInAs('mal');
    expect((await follow(new Browser(world.url), startAt())).location).toBe('/sign-in?error=EMAIL_TAKEN');
  });

  it('stays shut to somebody whose account was closed, whatever the provider says', async () => {
    provider.signsInAs('cleo');
    const cleo = new Browser(world.url);
    await follow(cleo, startAt());
    const { id } = (await cleo.signedIn()).account;
    const admin = await world.person(['admin']);
    expect((await admin.delete(`/accounts/${id}`)).status).toBe(204);
    const again = new Browser(world.url);
    expect((await follow(again, startAt())).location).toBe('/sign-in?error=ACCOUNT_CLOSED');
    expect([again.cookie, (await cleo.get('/session')).status]).toEqual([undefined, 401]);
  });

  it('takes no address that the provider has not checked, however it says so', async () => {
    provider.signsInAs('uma');
    expect((await follow(new Browser(world.url), startAt())).location).toBe('/sign-in?error=PROVIDER_REFUSED');
  });

  it('counts only in the browser that began it, once, and for this provider’s own answer', async () => {
    provider.signsInAs('rae');
    const { jar } = await follow(new Browser(world.url), startAt());
    const begin = await fetch(startAt(), { redirect: 'manual' });
    const state = new URL(begin.headers.get('location') ?? '').searchParams;
    expect(state.get('code_challenge_method')).toBe('S256');
    expect(state.get('nonce')).toMatch(/^[\w-]{43}$/);
    const callback = `${world.url}/api/v1/session/oidc/callback?code=x&state=${state.get('state') ?? ''}&iss=${provider.issuer}`;
    const flow = begin.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect(begin.headers.getSetCookie()[0]).toMatch(/; Path=\/api\/v1\/session\/oidc;.*HttpOnly; SameSite=Lax$/);
    const answer = async (cookie: string) => (await fetch(callback, { redirect: 'manual', headers: { cookie } })).headers.get('location');
    expect(jar.size).toBeGreaterThan(0);
    expect(await answer('consilium_flow=another')).toBe('/sign-in?error=PROVIDER_REFUSED');
    expect(await answer(flow)).toBe('/sign-in?error=PROVIDER_REFUSED');
  });

  it('never sends anybody elsewhere', async () => {
    provider.signsInAs('rae');
    for (const back of ['https://evil.example/', '//evil.example', '/\\evil.example'])
      expect((await follow(new Browser(world.url), startAt(back))).location).toBe('/');
  });
});
