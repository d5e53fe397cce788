import type { z } from 'zod';
import { NewToken } from '../src/access/sign-in/api-token-view.js';
import { SessionView } from '../src/http/access-views.js';
import { notOurs, problemOf, unreachable } from './api-client.js';

export interface PasswordLogin {
  readonly email: string;
  readonly password: string;
  readonly totp?: string | undefined;
}

const TIMEOUT_MS = 60_000;

/**
 * Signs in as a browser does, makes an API token in that session, and signs out again: what stays is the token.
 * @throws ConsiliumError SIGN_IN_REFUSED, TOTP_NEEDED, LOCKED_OUT, COORDINATOR_UNREACHABLE
 */
export async function tokenByPassword(
  url: string,
  login: PasswordLogin,
  wish: { readonly name: string; readonly scopes: readonly string[]; readonly days: number },
): Promise<NewToken> {
  const begun = await send(url, 'POST', 'session', {}, login);
  const cookie = begun.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ');
  const { csrf } = await parsed(begun, SessionView);
  const headers = { cookie, 'x-consilium-csrf': csrf ?? '' };
  try {
    return await parsed(await send(url, 'POST', 'tokens', headers, wish), NewToken);
  } finally {
    await send(url, 'DELETE', 'session', headers);
  }
}

async function send(url: string, method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Response> {
  const response = await fetch(`${url}/api/v1/${path}`, {
    method,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw unreachable(url, error);
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function parsed<T extends z.ZodType>(response: Response, schema: T): Promise<z.output<T>> {
  const answer = schema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) throw notOurs();
  return answer.data;
}
