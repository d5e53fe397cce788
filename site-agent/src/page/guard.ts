import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is not looked at. */
export interface Turned {
  readonly status: 403 | 405 | 421;
  readonly code: string;
  readonly message: string;
}

/** The names under which a browser on this machine reaches the page. */
export function ownHosts(port: number): readonly string[] {
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${port}`);
}

/**
 * A name that another site has pointed at this machine is not ours (DNS rebinding): its pages would count as the same
 * origin. And a state is changed only by a form of this very page, whatever cookies a browser adds.
 */
export function turnedAway(method: string, headers: IncomingHttpHeaders, hosts: readonly string[]): Turned | undefined {
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase()))
    return { status: 421, code: 'HOST_UNKNOWN', message: 'This page answers under its own address only.' };
  if (method === 'GET') return undefined;
  if (method !== 'POST') return { status: 405, code: 'METHOD', message: 'The page knows GET and POST.' };
  if (origin !== `http://${host.toLowerCase()}`)
    return { status: 403, code: 'FOREIGN_FORM', message: 'A form counts only from this page itself.' };
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin')
    return { status: 403, code: 'FOREIGN_FORM', message: 'A form counts only from this page itself.' };
  return undefined;
}

/** In constant time for texts of one length. */
export function sameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8')];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Another agent on this machine has a page of its own: cookies know no ports. */
export const cookieName = (port: number): string => `consilium_site_${port}`;

export function cookieOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}

/** No script but the page's own file, no other host, no frame around it, nothing kept by the browser. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With no-referrer a browser would hide the origin of the page's own forms.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};
