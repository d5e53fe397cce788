import { createHmac } from 'node:crypto';
import { sameSecret } from '../secret-token.js';

export const SESSION_COOKIE = 'consilium_session';
export const CSRF_HEADER = 'x-consilium-csrf';

/** What Express gives a handler to set cookies with. */
export interface CookieResponse {
  cookie(name: string, value: string, options: CookieFlags & { readonly maxAge?: number }): unknown;
  clearCookie(name: string, options: CookieFlags): unknown;
}

interface CookieFlags {
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: 'strict' | 'lax';
  readonly path: string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The value of a cookie (RFC 6265 section 4.2); ours are base64url and need no decoding. */
export function cookieOf({ headers }: { readonly headers: Headers }, name: string): string | undefined {
  const header = headers['cookie'];
  if (typeof header !== 'string') return undefined;
  for (const part of header.split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** No script reads it, no other site sends it. @param secure - the person's browser speaks TLS */
export function setSessionCookie(response: CookieResponse, session: string, secure: boolean, lifeMs: number): void {
  response.cookie(SESSION_COOKIE, session, { httpOnly: true, secure, sameSite: 'strict', path: '/', maxAge: lifeMs });
}

export function clearSessionCookie(response: CookieResponse, secure: boolean): void {
  response.clearCookie(SESSION_COOKIE, { httpOnly: true, secure, sameSite: 'strict', path: '/' });
}

/** What a page must send back with every change: bound to the session, and of no use to know it. */
export function csrfOf(session: string): string {
  return createHmac('sha256', session).update('consilium csrf v1').digest('base64url');
}

export function csrfMatches({ headers }: { readonly headers: Headers }, session: string): boolean {
  const sent = headers[CSRF_HEADER];
  return typeof sent === 'string' && sameSecret(sent, csrfOf(session));
}
