import { randomUUID } from 'node:crypto';
import { SiteName } from '@consilium/protocol';
import { csrfOf, SESSION_COOKIE, type Access, type Role } from '../src/access/index.js';
import { addAccount, type Database } from '../src/storage/index.js';
import { Browser } from './browser.js';

export const PASSWORD = 'correct horse battery staple';

/** Somebody with these roles, in a session; no password is hashed for it. */
export async function person(
  { access, db, url, now }: { access: Access; db: Database; url: string; now: Date },
  roles: readonly Role[],
  sites: readonly string[] = [],
): Promise<Browser> {
  const id = randomUUID();
  const account = {
    id,
    email: `${id}@heart.example`,
    name: `Person ${id.slice(0, 4)}`,
    roles,
    sites: sites.map((site) => SiteName.parse(site)),
  };
  await addAccount(db, { ...account, state: 'active', password: null, providerSubject: null }, now);
  const session = await access.sessions.begin(db, id, 'password', undefined);
  const browser = new Browser(url).withCookie(`${SESSION_COOKIE}=${session}`);
  browser.csrf = csrfOf(session);
  return browser;
}

/** The problem details of a refused request. */
export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  if (!response.headers.get('content-type')?.includes('application/problem+json'))
    throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}
