import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConsiliumError } from '@consilium/protocol';
import type { StateLayout } from '../state/index.js';
import { cookieName, cookieOf, ownHosts, sameText, SECURITY_HEADERS, turnedAway } from './guard.js';
import { errorPart, layout as framed, type Page } from './layout.js';
import { pageError } from './page-error.js';
import { usePageLink } from './page-links.js';
import type { PageReply } from './page-reply.js';
import { PAGE_SCRIPT } from './page-script.js';
import type { PageSession, PageSessions } from './page-sessions.js';
import { PAGE_STYLE } from './page-style.js';
import { readForm } from './read-form.js';
import type { Route } from './routes.js';
import { signInView } from './views/sign-in.js';

/** Everything that an answer rests on. */
export interface PageWorld {
  readonly site: string;
  readonly port: number;
  readonly layout: Pick<StateLayout, 'pageLinks'>;
  readonly sessions: PageSessions;
  readonly routes: readonly Route[];
}

/** The two assets; they say nothing of the site, and are read before anybody has signed in. */
const ASSETS: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ['/style.css', ['text/css; charset=utf-8', PAGE_STYLE]],
  ['/page.js', ['text/javascript; charset=utf-8', PAGE_SCRIPT]],
]);

const HTML = 'text/html; charset=utf-8';

/** One request from its first check to its last byte. Order: who asks under which name, what of, signed in, with this page's own form. */
export async function answerPage(world: PageWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', headers } = request;
  const turned = turnedAway(method, headers, ownHosts(world.port));
  if (turned) return send(response, turned.status, 'text/plain; charset=utf-8', `${turned.message} [${turned.code}]\n`);
  const url = new URL(request.url ?? '/', `http://127.0.0.1:${world.port}`);
  const asset = method === 'GET' ? ASSETS.get(url.pathname) : undefined;
  if (asset) return send(response, 200, ...asset);
  const cookie = cookieOf(headers, cookieName(world.port));
  const session = world.sessions.find(cookie);
  if (url.pathname === '/sign-in') return signIn(world, request, response, session);
  if (!session) return redirect(response, '/sign-in');
  try {
    const form = method === 'POST' ? await readForm(request) : new URLSearchParams();
    if (method === 'POST' && !sameText(form.get('csrf') ?? '', session.csrf)) throw foreignForm();
    if (method === 'POST' && url.pathname === '/sign-out') {
      world.sessions.end(cookie);
      return redirect(response, '/sign-in', `${cookieName(world.port)}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`);
    }
    const reply = await replyTo(world.routes, method, url, session, form);
    await sendReply(world, response, reply, session);
  } catch (thrown) {
    const { error, status } = pageError(thrown);
    if (response.headersSent) return void response.destroy();
    sendPage(world, response, status, { title: 'That was not done', body: errorPart(error) }, session);
  }
}

async function replyTo(
  routes: readonly Route[],
  method: string,
  url: URL,
  session: PageSession,
  form: URLSearchParams,
): Promise<PageReply> {
  for (const route of routes) {
    const found = route.method === method ? route.path.exec(url.pathname) : null;
    if (found) return route.answer({ session, parts: found.slice(1), query: url.searchParams, form });
  }
  throw new ConsiliumError({
    code: 'PAGE_UNKNOWN',
    errorClass: 'usage',
    message: 'There is no such page.',
    fix: 'Choose one from the navigation.',
  });
}

/** A look at the form uses nothing up: browsers and mail programs look at links before people do. */
async function signIn(
  world: PageWorld,
  request: IncomingMessage,
  response: ServerResponse,
  session: PageSession | undefined,
): Promise<void> {
  if (request.method !== 'POST') {
    if (session) return redirect(response, '/');
    return sendPage(world, response, 200, { title: 'Sign in', body: signInView(false) }, undefined);
  }
  const code = await readForm(request).then(
    (form) => form.get('code')?.trim() ?? '',
    () => '',
  );
  if (!usePageLink(world.layout, code, new Date()))
    return sendPage(world, response, 403, { title: 'Sign in', body: signInView(true) }, undefined);
  redirect(response, '/', `${cookieName(world.port)}=${world.sessions.begin()}; HttpOnly; SameSite=Strict; Path=/`);
}

async function sendReply(world: PageWorld, response: ServerResponse, reply: PageReply, session: PageSession): Promise<void> {
  if (reply.kind === 'page') return sendPage(world, response, reply.status ?? 200, reply.page, session);
  if (reply.kind === 'done') {
    session.notice = reply.notice;
    return redirect(response, reply.path);
  }
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': reply.type,
    'content-disposition': `attachment; filename="${reply.name}"`,
  });
  for await (const piece of reply.text) {
    if (response.destroyed) return;
    if (!response.write(piece)) await new Promise<void>((resolve) => void response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

const sendPage = ({ site }: PageWorld, response: ServerResponse, status: number, page: Page, session: PageSession | undefined): void =>
  send(response, status, HTML, framed(site, page, session));

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type }).end(text);
}

function redirect(response: ServerResponse, location: string, cookie?: string): void {
  response.writeHead(303, { ...SECURITY_HEADERS, location, ...(cookie === undefined ? {} : { 'set-cookie': cookie }) }).end();
}

const foreignForm = () =>
  new ConsiliumError({
    code: 'FOREIGN_FORM',
    errorClass: 'forbidden',
    message: 'That form is not of this session; nothing was done.',
    fix: 'Open the page again and fill in the form there.',
  });
