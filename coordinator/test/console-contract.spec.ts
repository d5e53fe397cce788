import { StudyHash, type SiteName } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SITE } from '../../libs/ledger/test/world.js';
import { tabularPrivate } from '../cli/templates/tabular-private.js';
import * as budgets from '../console/src/api/budgets.js';
import * as ledgers from '../console/src/api/ledgers.js';
import * as office from '../console/src/api/office.js';
import * as session from '../console/src/api/session.js';
import * as settings from '../console/src/api/settings.js';
import * as sites from '../console/src/api/sites.js';
import * as studies from '../console/src/api/studies.js';
import { EventStreamParser } from '../console/src/live/event-stream.js';
import { LiveEvent } from '../console/src/live/messages.js';
import { ApiDescription } from '../src/http/open-api.js';
import type { LatestMetrics, MetricsPoint } from '../src/http/metrics-views.js';
import type { SiteStatus } from '../src/http/study-views.js';
import { inviteSite } from '../src/storage/index.js';
import { ApiSamples, FULLNESSES } from './api-samples.js';
import type { Browser } from './browser.js';
import { httpWorld } from './http-world.js';
import { LEDGER, MirroredLedger } from './mirrored-ledger.js';

const HASH = 'a'.repeat(64);
const DAY = { from: '2026-01-01', to: '2026-12-31' };
const PASSWORD = 'correct horse battery staple';
const person = { email: 'new@heart.example', name: 'New', roles: ['researcher'], sites: [] } as const;

/** Every function with which the console asks the API, with what it sends. */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  readSession: () => session.readSession(),
  signIn: () => session.signIn({ email: person.email, password: PASSWORD }),
  signOut: () => session.signOut(),
  authMethods: () => session.authMethods(),
  setupOpen: () => session.setupOpen(),
  setUp: () => session.setUp({ token: 't', email: person.email, name: 'New', password: PASSWORD }),
  welcome: () => session.welcome({ token: 't', password: PASSWORD }),
  startTotp: () => session.startTotp(),
  confirmTotp: () => session.confirmTotp('123456'),
  endTotp: () => session.endTotp(''),
  listBudgets: () => budgets.listBudgets(),
  tighten: () => budgets.tighten('basel', 'heart', 4.5),
  freeze: () => budgets.freeze('basel', 'heart'),
  requestLoosening: () => budgets.requestLoosening('basel', 'heart', 7, 'a reason'),
  listLedgers: () => ledgers.listLedgers(),
  ledgerFile: () => ledgers.ledgerFile('basel', 'heart'),
  ledgerCheckpoint: () => ledgers.ledgerCheckpoint('basel', 'heart'),
  readInbox: () => office.readInbox(),
  snooze: () => office.snooze(`approval:${HASH}`, 1),
  listEgress: () => office.listEgress(DAY, undefined),
  egressExport: () => fetch(office.egressExport(DAY)),
  listAudit: () => office.listAudit(DAY, undefined),
  verifyAudit: () => office.verifyAudit(),
  auditExport: () => fetch(office.auditExport(DAY, 'csv')),
  createDpoReport: () => office.createDpoReport({ site: 'basel', ...DAY }),
  listReports: () => office.listReports(),
  reportFile: () => office.reportFile('r1', 'pdf'),
  oidcStart: () => fetch(session.oidcStart('/')),
  listPeople: () => settings.listPeople(),
  addPerson: () => settings.addPerson(person),
  changePerson: () => settings.changePerson('id', { name: 'Newer' }),
  removePerson: () => settings.removePerson('id'),
  listTokens: () => settings.listTokens(),
  addToken: () => settings.addToken({ name: 'night', scopes: ['*:read'], days: 30 }),
  removeToken: () => settings.removeToken('id'),
  listWebhooks: () => settings.listWebhooks(),
  addWebhook: () => settings.addWebhook({ url: 'https://chat.example/', kinds: ['study-ended'] }),
  removeWebhook: () => settings.removeWebhook('id'),
  readNotices: () => settings.readNotices(),
  setRecipients: () => settings.setRecipients({ 'study-ended': [person.email] }),
  sendTestMail: () => settings.sendTestMail(),
  readSignIn: () => settings.readSignIn(),
  readRetention: () => settings.readRetention(),
  listSites: () => sites.listSites(),
  readRoster: () => sites.readRoster(),
  invite: () => sites.invite('basel', '24h'),
  admit: () => sites.admit('basel'),
  revoke: () => sites.revoke('basel'),
  listStudies: () => studies.listStudies(),
  readStudy: () => studies.readStudy(HASH),
  readRounds: () => studies.readRounds(HASH),
  readPhases: () => studies.readPhases(HASH, 1),
  readMetrics: () => studies.readMetrics(HASH),
  compareStudies: () => studies.compareStudies([HASH]),
  readSpecification: () => studies.readSpecification(HASH),
  readVersions: () => studies.readVersions(HASH),
  readDifference: () => studies.readDifference(HASH, HASH),
  forecast: () => studies.forecast(tabularPrivate('heart')),
  propose: () => studies.propose(tabularPrivate('heart')),
  launch: () => studies.launch(HASH),
  stop: () => studies.stop(HASH),
  remind: () => studies.remind(HASH),
  goOnWithout: () => studies.goOnWithout(HASH, 'basel'),
  readModel: () => studies.readModel(HASH),
};

let world: Awaited<ReturnType<typeof httpWorld>>;
let mirrored: MirroredLedger;
let browser: Browser;
beforeAll(async () => {
  const names = () => [SITE, ...mirrored.world.names];
  world = await httpWorld(
    {},
    {
      ledgerKeys: () =>
        Promise.resolve(new Map(names().map((site): [SiteName, readonly Uint8Array[]] => [site, mirrored.world.keysOf(site)]))),
    },
  );
  await inviteSite(world.db, SITE, new Date());
  mirrored = await MirroredLedger.empty(world.db);
  browser = await world.person(['researcher', 'site-it', 'compliance', 'admin']);
}, 60_000);
afterAll(async () => {
  vi.unstubAllGlobals();
  await world.close();
});

const browserless = globalThis.fetch;

/** What the console's pages call is `fetch` of a browser: with addresses of its own origin, and the cookie. */
function inTheBrowser(): void {
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', (path: string, init: RequestInit = {}) => {
    const cookie = browser.cookie ?? '';
    return fetch(new URL(path, world.url), {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), cookie },
    });
  });
}

describe("the console's view of the API", () => {
  it('covers every call that the console makes', () => {
    const modules = [session, budgets, ledgers, office, settings, sites, studies];
    const calls = modules.flatMap((module) =>
      Object.entries(module).flatMap(([name, member]) => (typeof member === 'function' ? [name] : [])),
    );
    expect(calls.toSorted()).toEqual(Object.keys(CALLS).toSorted());
  });

  it.each(FULLNESSES)('reads whatever answer the description of the API allows: %s', async (fullness) => {
    const document = world.get(ApiDescription).document;
    const samples = new ApiSamples(JSON.parse(JSON.stringify(document)) as NonNullable<typeof document>);
    vi.stubGlobal('fetch', async (path: string, { method = 'GET' }: RequestInit = {}) => {
      const answer = samples.answer(method, path.split('?')[0] ?? '', fullness);
      return new Response(answer === undefined ? '' : JSON.stringify(answer.json));
    });
    const wrong: string[] = [];
    for (const [name, call] of Object.entries(CALLS)) await call().catch((error: unknown) => wrong.push(`${name}: ${String(error)}`));
    vi.unstubAllGlobals();
    expect(wrong).toEqual([]);
  });
});

const status = (site: SiteName, state: SiteStatus['state']): SiteStatus => ({
  site,
  state,
  since: '2026-01-02T03:04:05.000Z',
  code: state === 'refused' ? 'BUDGET_EXHAUSTED' : null,
  sentence: null,
  whoCanAct: null,
  incident: state === 'refused' ? '4F2A' : null,
  reasons: state === 'refused' ? [{ since: null, code: 'BUDGET_EXHAUSTED', sentence: 'No.', whoCanAct: 'The officer.' }] : [],
});
const latest: LatestMetrics = {
  round: 1,
  contributors: [],
  support: null,
  figures: [{ name: 'auroc', value: null, standardError: null, reason: 'Too few patients.' }],
  calibration: [{ from: 0, to: 0.1, patients: 40, predicted: 0.05, observed: 0.1 }],
  confusion: [[1, null]],
  subgroups: [],
};
const point: MetricsPoint = { round: 1, contributors: [], trainLoss: 0.5, testLoss: null, accuracy: null, figures: {}, totals: {} };

describe('the console over a coordinator in which something has happened', () => {
  beforeAll(async () => {
    inTheBrowser();
    await mirrored.busyMonth();
    await session.readSession();
  });
  afterAll(() => vi.unstubAllGlobals());

  it('shows people, tokens, webhooks and settings', async () => {
    expect(await session.readSession()).toMatchObject({ roles: expect.arrayContaining(['admin']) as unknown, totp: false });
    expect(await session.authMethods()).toEqual({ password: true, oidc: null });
    expect(await session.setupOpen()).toEqual({ open: false });
    expect((await session.startTotp()).uri).toContain('otpauth://');
    const { inviteLink } = await settings.addPerson(person);
    await session.welcome({ token: inviteLink.split('token=')[1] ?? '', password: PASSWORD });
    const { items: people } = await settings.listPeople();
    const { id } = people.find(({ email }) => email === person.email) ?? { id: '' };
    await settings.changePerson(id, { roles: ['compliance'], sites: [] });
    await settings.removePerson(id);
    expect((await settings.addToken({ name: 'night', scopes: ['*:read'], days: 30 })).token).toBeTruthy();
    const { items: tokens } = await settings.listTokens();
    await settings.removeToken(tokens[0]?.id ?? '');
    const { kinds } = await settings.readNotices();
    expect((await settings.addWebhook({ url: 'https://chat.example/', kinds: [kinds[0]?.kind ?? ''] })).secret).toMatch(/^whsec_/);
    const { items: webhooks } = await settings.listWebhooks();
    await settings.removeWebhook(webhooks[0]?.id ?? '');
    expect((await settings.readRetention()).items.map(({ what }) => what)).toContain('Audit log');
  });

  it('shows sites, budgets and ledgers, and asks for what a console may ask', async () => {
    await world.join('site-a', 1);
    expect((await sites.invite('basel', '24h')).token).toMatch(/^consilium-join-1\./);
    expect((await sites.listSites()).items.map(({ site }) => site)).toEqual(expect.arrayContaining(['basel', 'site-a', SITE]));
    expect((await sites.readRoster()).members).toEqual([]);
    await expect(sites.admit('basel')).rejects.toMatchObject({ code: 'SITE_NOT_JOINED' });
    const [budget] = (await budgets.listBudgets()).items;
    expect(budget).toMatchObject({ ...LEDGER, limit: 5.5, frozen: false });
    expect(budget?.history.length).toBeGreaterThan(3);
    await budgets.tighten(LEDGER.site, LEDGER.population, 5.25);
    await budgets.freeze(LEDGER.site, LEDGER.population);
    await budgets.requestLoosening(LEDGER.site, LEDGER.population, 7, 'a second study');
    expect((await budgets.listBudgets()).items[0]?.requests.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    expect((await ledgers.listLedgers()).items[0]).toMatchObject(LEDGER);
    expect((await ledgers.ledgerFile(LEDGER.site, LEDGER.population)).length).toBeGreaterThan(1_000);
    expect(await ledgers.ledgerCheckpoint(LEDGER.site, LEDGER.population)).toContain(LEDGER.population);
  });

  it('tightens with If-Match only what the officer saw, and looks within the change', async () => {
    const budget = `${world.url}/api/v1/budgets/${LEDGER.site}/${LEDGER.population}`;
    const authorization = `Bearer ${world.token}`;
    const tighten = (epsilonLimit: string, tag: string) => {
      const headers = { authorization, 'content-type': 'application/json', 'if-match': tag };
      return browserless(`${budget}/tighten`, { method: 'POST', headers, body: JSON.stringify({ epsilonLimit }) });
    };
    const seen = async () => (await browserless(budget, { headers: { authorization } })).headers.get('etag') ?? '';
    const before = await seen();
    expect(before).toMatch(/^"[\w-]{16}\.[\w-]{16}"$/);
    const [first, second] = await Promise.all([tighten('5.2', before), tighten('5.1', before)]);
    expect([first.status, second.status].toSorted()).toEqual([202, 412]);
    expect(await tighten('5', before).then((answer) => answer.json())).toMatchObject({ code: 'CHANGED_MEANWHILE' });
    const after = await seen();
    expect(after).not.toBe(before);
    expect((await tighten('5', after)).status).toBe(202);
    expect((await tighten('4.9', '*')).status).toBe(202);
  });

  it('shows a study from its first forecast to its end, with versions', async () => {
    expect(await studies.forecast('name: [')).toMatchObject({ ok: false });
    expect(await studies.forecast(tabularPrivate('heart'))).toMatchObject({ ok: true, problems: [] });
    const { hash } = await studies.propose(tabularPrivate('heart'));
    const other = await studies.propose(
      tabularPrivate('heart').replace('noiseMultiplier: 25', 'noiseMultiplier: 20').replace('epsilonMax: 1.5', 'epsilonMax: 3'),
    );
    const known = StudyHash.parse(hash);
    const [a, b] = world.desk.views.get(known)?.sites.map(({ site }) => site) ?? [];
    if (a === undefined || b === undefined) throw new Error('the study has sites');
    await studies.launch(hash);
    world.desk.change(known, {
      sites: [status(a, 'training'), status(b, 'refused')],
      approvals: [{ site: a, release: 'ask' }],
      metrics: [point],
      latest,
      releaseVotes: [{ site: a, vote: 'yes' }],
      deadline: '2026-01-02T03:04:05.000Z',
      attempt: 0,
    });
    expect(await studies.readStudy(hash)).toMatchObject({ state: 'running', latest: { round: 1 } });
    expect((await studies.listStudies()).items.find((study) => study.hash === hash)?.epsilon).toBeGreaterThan(0);
    await studies.readRounds(hash);
    await studies.readPhases(hash, undefined);
    expect((await studies.readMetrics(hash)).points).toMatchObject([{ round: 1, trainLoss: 0.5, testLoss: null }]);
    expect((await studies.compareStudies([hash, other.hash])).items.length).toBe(2);
    expect((await studies.readSpecification(hash)).yaml).toContain('name: heart');
    expect((await studies.readVersions(hash)).items.map((version) => version.hash).toSorted()).toEqual([hash, other.hash].toSorted());
    expect((await studies.readDifference(hash, other.hash)).changes.map(({ path }) => path)).toContain('privacy.noiseMultiplier');
    await studies.goOnWithout(hash, b);
    await studies.stop(hash);
    await expect(studies.readModel(hash)).rejects.toMatchObject({ code: 'NOT_RELEASED' });
  });

  it('shows what waits, what left, what was done, and makes reports of it', async () => {
    const [waiting] = (await office.readInbox()).items;
    await office.snooze(waiting?.id ?? '', 7);
    expect((await office.readInbox()).items.map(({ id }) => id)).not.toContain(waiting?.id);
    const [study] = [...world.desk.views.keys()];
    await world.record(StudyHash.parse(study), [
      { type: 'uploaded', site: 'site-a', round: 1, attempt: 0, bytes: 9, sha256: HASH, signature: '' },
    ]);
    const day = { from: '2026-02-01', to: '2026-02-01' };
    expect(await office.listEgress(day, undefined)).toMatchObject({
      items: [{ kind: 'ciphertext', bytes: 9 }],
      totals: { days: [{ items: 1 }] },
    });
    expect(await (await fetch(office.egressExport(day))).text()).toContain(HASH);
    const today = new Date().toISOString().slice(0, 10);
    const entries = await office.listAudit({ from: today, to: today, action: 'study' }, undefined);
    expect(entries.items.map(({ action }) => action)).toContain('study.launch');
    expect((await office.listAudit({}, '3')).items.map(({ seq }) => seq)).toEqual([2, 1]);
    expect(await office.verifyAudit()).toMatchObject({ ok: true });
    expect((await fetch(office.auditExport({}, 'csv'))).status).toBe(200);
    const { id } = await office.createDpoReport({ site: LEDGER.site, ...DAY });
    expect((await office.listReports()).items.map((made) => made.id)).toEqual([id]);
    expect((await office.reportFile(id, 'pdf')).size).toBeGreaterThan(1_000);
  });

  it('follows every topic that its pages name', async () => {
    const [hash] = [...world.desk.views.keys()];
    const cut = new AbortController();
    const topics = `inbox,studies,sites,budgets,study:${hash}`;
    const response = await fetch(`/api/v1/events?topic=${encodeURIComponent(topics)}`, { signal: cut.signal });
    expect(response.status).toBe(200);
    const parser = new EventStreamParser();
    const decoder = new TextDecoder();
    setTimeout(() => world.desk.change(StudyHash.parse(hash), { stateReason: 'More.' }), 50);
    const seen: LiveEvent[] = [];
    for await (const piece of response.body ?? []) {
      for (const { data } of parser.feed(decoder.decode(piece as Uint8Array, { stream: true })))
        seen.push(LiveEvent.parse(JSON.parse(data)));
      if (seen.some(({ topic }) => topic === `study:${hash}`)) break;
    }
    cut.abort();
    expect(seen[0]).toMatchObject({ topic: 'stream', type: 'open' });
  });

  it('ends its session', async () => {
    await session.signOut();
    await expect(session.readSession()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
