import { createHash } from 'node:crypto';
import { ConsiliumError, type Json } from '@consilium/protocol';

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);

/**
 * The `ETag` of something that people change by what they see (RFC 9110 section 8.8.3): `"VERSION.CONTENT"`. CONTENT
 * changes with every byte, so that `If-None-Match` spares a transfer. VERSION changes only with what a decision rests on,
 * so that `If-Match` does not refuse a stop because an upload has meanwhile gone on.
 * @param deciding - what a person's decision rests on
 */
export function entityTag(deciding: Json, body: unknown): string {
  return `"${digest(deciding)}.${digest(body)}"`;
}

/**
 * Whether what the caller saw still holds; a request without `If-Match` does not ask.
 * @param ifMatch - the header as it came: `*`, or tags
 * @throws ConsiliumError CHANGED_MEANWHILE
 */
export function requireMatch(ifMatch: string | undefined, deciding: Json): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const version = digest(deciding);
  if (ifMatch.split(',').some((tag) => tag.trim().startsWith(`"${version}.`))) return;
  throw new ConsiliumError({
    code: 'CHANGED_MEANWHILE',
    errorClass: 'refused',
    message: 'It has changed since you saw it, so nothing was done.',
    fix: 'Read it again, and decide anew.',
  });
}
