import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { securityHeaders } from '../../../coordinator/src/access/index.js';
import { consoleFiles, consoleFolder } from '../../../coordinator/src/http/console-files.js';
import type { RealLedger } from '../../../libs/ledger/test/real-ledger.js';
import * as house from './seed-house.js';
import * as studies from './seed-studies.js';

type Reply = object | undefined;
/** Changes whose answers the console reads. */
const ANSWERED = /^\/(sites\/invitations|sites\/[a-z-]+\/admission|reports\/dpo|settings\/notices(\/test)?|studies\/[0-9a-f]+\/reminder)$/;
const list = (items: readonly object[]): Reply => ({ items, nextCursor: null });
const found = (pattern: RegExp, path: string) => pattern.exec(path)?.[1] ?? '';

/** What the seeded coordinator answers; undefined is 404. `empty`: a consortium in which nothing has happened yet. */
function answer(path: string, search: URLSearchParams, body: Readonly<Record<string, string>>, empty: boolean): Reply {
  const hash = found(/^\/studies\/([0-9a-f]{64})/, path);
  if (path === '/session') return house.SESSION;
  if (path === '/auth-methods') return { password: true, oidc: { name: 'Hospital login' } };
  if (path === '/setup') return { open: true };
  if (path === '/inbox') return empty ? { items: [], done: [] } : house.INBOX;
  if (path === '/studies') return list(empty ? [] : studies.STUDIES);
  if (path === '/studies/forecast') return studies.FORECAST(body['yaml'] ?? '');
  if (path === '/studies/compare') return studies.COMPARISON((search.get('ids') ?? '').split(','));
  if (hash !== '')
    switch (path.split('/')[3]) {
      case undefined:
        return studies.STUDY_VIEWS[hash];
      case 'versions':
        return studies.VERSIONS(hash);
      case 'specification':
        return studies.SPECIFICATION(hash);
      case 'rounds':
        return list(studies.ROUNDS(hash));
      case 'site-phases':
        return studies.PHASES(Number(search.get('round')));
      case 'metrics':
        return studies.METRICS(hash);
      case 'reminder':
        return { mails: 2, webhooks: 0 };
      case 'diff':
        return studies.DIFFERENCE;
    }
  if (path === '/sites/invitations')
    return { site: body['site'], token: `consilium-join-1.${'x'.repeat(80)}`, expiresAt: new Date(studies.NOW + 86_400_000).toISOString() };
  const site = found(/^\/sites\/([a-z-]+)\/admission$/, path);
  if (site !== '') return house.SITE_VIEWS.find((one) => one.site === site);
  if (path === '/sites') return list(empty ? [] : house.SITE_VIEWS);
  if (path === '/roster') return house.ROSTER;
  if (path === '/budgets') return list(empty ? [] : house.BUDGETS);
  if (path === '/ledgers') return list(empty ? [] : house.LEDGERS);
  if (path === '/egress') return empty ? { items: [], nextCursor: null, totals: null } : house.EGRESS;
  if (path === '/audit') return empty ? list([]) : house.AUDIT;
  if (path === '/audit/verify') return { ok: true, entries: 61, head: { seq: 61, hash: 'c'.repeat(64) } };
  if (path === '/accounts') return house.PEOPLE;
  if (path === '/tokens') return empty ? list([]) : house.TOKENS;
  if (path === '/settings/webhooks') return empty ? list([]) : house.WEBHOOKS;
  if (path === '/settings/notices') return house.NOTICES;
  if (path === '/settings/notices/test') return { to: 'ada@heart.example' };
  if (path === '/settings/sign-in') return house.SIGN_IN;
  if (path === '/settings/retention') return house.RETENTION;
  if (path === '/reports') return { kinds: [], items: empty ? [] : house.REPORTS };
  if (path === '/reports/dpo') return { id: 'r1' };
  return undefined;
}

export interface ConsoleWorld {
  readonly url: string;
  /** What the console has sent that changes something, oldest first. */
  readonly changes: { readonly method: string; readonly path: string; readonly body: unknown; readonly csrf: unknown }[];
  signedIn: boolean;
  empty: boolean;
  /** Stands beside the seeded ones; its bytes can be checked. */
  ledger: RealLedger | undefined;
  /** Sends an event to everybody who follows. */
  tell(topic: string, seq: number): void;
  /** Cuts every stream; `off` keeps new ones from opening. */
  cut(off?: boolean): void;
  readonly followers: number;
  close(): Promise<void>;
}

/** The console as the coordinator serves it, over an API whose answers are fixed: what is tested is what people see. */
export async function consoleWorld(): Promise<ConsoleWorld> {
  const [headers, files] = [securityHeaders(false), consoleFiles(consoleFolder())];
  const streams = new Set<ServerResponse>();
  const state: { signedIn: boolean; empty: boolean; off: boolean; ledger: RealLedger | undefined } = {
    signedIn: true,
    empty: false,
    off: false,
    ledger: undefined,
  };
  const changes: ConsoleWorld['changes'] = [];
  const problem = (response: ServerResponse, status: number, code: string) =>
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(
      JSON.stringify({
        type: `urn:consilium:problem:${code}`,
        title: code,
        status,
        code,
        detail: `The test's coordinator says ${code}.`,
        fix: 'Nothing.',
        errorClass: 'usage',
        errors: [],
        traceId: '0'.repeat(32),
      }),
    );

  const api = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const path = url.pathname.replace('/api/v1', '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>);
    const { method = 'GET' } = request;
    if (path === '/session' && method === 'POST') state.signedIn = true;
    const open = path === '/auth-methods' || path === '/setup' || path === '/welcome' || (path === '/session' && method === 'POST');
    if (!state.signedIn && !open) return problem(response, 401, 'UNAUTHENTICATED');
    if (path === '/events') {
      if (state.off) return problem(response, 503, 'AWAY');
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform' }).write('retry: 2000\n\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return undefined;
    }
    const { ledger } = state;
    if (ledger && path === `/ledgers/${ledger.site}/${ledger.population}`) return response.writeHead(200).end(ledger.file);
    if (ledger && path === `/ledgers/${ledger.site}/${ledger.population}/checkpoint`) return response.writeHead(200).end(ledger.checkpoint);
    if (ledger && path === '/roster') return response.writeHead(200).end(JSON.stringify(ledger.roster));
    if (ledger && path === '/ledgers')
      return response.writeHead(200).end(JSON.stringify(list([{ ...house.LEDGERS[0], site: ledger.site, population: ledger.population }])));
    if (method !== 'GET' && path !== '/studies/forecast') changes.push({ method, path, body, csrf: request.headers['x-consilium-csrf'] });
    const reply =
      method === 'GET' || path === '/studies/forecast' || ANSWERED.test(path) ? answer(path, url.searchParams, body, state.empty) : {};
    if (reply === undefined) return problem(response, 404, 'NOT_FOUND');
    return response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' }).end(JSON.stringify(reply));
  };
  const server = createServer((request, response) =>
    headers(request, response, () => files(request, response, () => void api(request, response))),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    changes,
    get signedIn() {
      return state.signedIn;
    },
    set signedIn(now) {
      state.signedIn = now;
    },
    get empty() {
      return state.empty;
    },
    set empty(now) {
      state.empty = now;
    },
    get ledger() {
      return state.ledger;
    },
    set ledger(now) {
      state.ledger = now;
    },
    get followers() {
      return streams.size;
    },
    tell: (topic, seq) => {
      for (const stream of streams)
        stream.write(`id: ${topic}=${seq}\ndata: ${JSON.stringify({ topic, seq, type: 'changed', data: {} })}\n\n`);
    },
    cut: (off = false) => {
      state.off = off;
      for (const stream of streams) stream.destroy();
    },
    close: async () => {
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
