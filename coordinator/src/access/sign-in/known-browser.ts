import { createHash } from 'node:crypto';
import type { CookieResponse } from './session-cookie.js';
import type { SecretBox } from './secret-box.js';

export const BROWSER_COOKIE = 'consilium_browser';

const PURPOSE = 'known browser v1';
const KEPT_MS = 180 * 86_400_000;

/**
 * What a browser keeps from which somebody has signed in: whose browser it is, sealed, so that nobody makes one. It opens
 * nothing. It keeps tries from elsewhere from locking this person out here (OWASP, "Slow Down Online Guessing Attacks with
 * Device Cookies").
 */
export const newBrowserMark = (secrets: SecretBox, account: string): string =>
  secrets.seal(Buffer.from(account, 'utf8'), PURPOSE).toString('base64url');

/** @returns a name for the browser, by which its tries are counted; undefined where it is not known as this account's */
export function browserOf(secrets: SecretBox, mark: string | undefined, account: string | undefined): string | undefined {
  if (mark === undefined || account === undefined) return undefined;
  const box = Buffer.from(mark, 'base64url');
  try {
    if (secrets.open(box, PURPOSE).toString('utf8') !== account) return undefined;
  } catch {
    return undefined;
  }
  // Of the bytes: one mark can be written as several texts.
  return createHash('sha256').update(box).digest('hex');
}

/** @param secure - the person's browser speaks TLS */
export function setBrowserCookie(response: CookieResponse, mark: string, secure: boolean): void {
  response.cookie(BROWSER_COOKIE, mark, { httpOnly: true, secure, sameSite: 'strict', path: '/api/v1/session', maxAge: KEPT_MS });
}
