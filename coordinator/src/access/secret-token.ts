import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits from the operating system, after a prefix by which scanners of leaked secrets recognise it. */
export const newSecret = (prefix = ''): string => `${prefix}${randomBytes(32).toString('base64url')}`;

/** What is kept of a secret of full entropy: its SHA-256, hex. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex');

/** In constant time, whatever the lengths: digests are compared. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}
