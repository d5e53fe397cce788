import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson, ConsiliumError, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { CoordinatorAddress } from './coordinator-address.js';

const FAMILY = 'consilium-join-';
const PREFIX = `${FAMILY}1.`;
const SECRET_BYTES = 32;
/** Base64url characters of the checksum: 48 bits, so that a slip of the hand passes once in 10^14. */
const CHECK_LENGTH = 8;
const LONGEST = 2048;

const base64url = (bytes: number) => new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`);

const Content = z.strictObject({
  url: z.string().refine((text) => CoordinatorAddress.safeParse(text).success, 'host:port'),
  ca: z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits'),
  secret: z.string().regex(base64url(SECRET_BYTES), '32 bytes'),
  site: SiteName.optional(),
});

/** What a site reads in its join token. */
export interface JoinToken {
  /** `host:port` */
  readonly coordinator: string;
  /** SHA-256 of the CA's SubjectPublicKeyInfo, 64 hex digits. */
  readonly caSpkiSha256: string;
  /** What the site shows to the coordinator, once the coordinator has proved itself. */
  readonly secret: string;
  /** The site it was made for. */
  readonly site?: SiteName;
}

/**
 * A one-time join token: address, hash of the CA's key, 256 bits from the operating system, checksum.
 * @param input - `url`: `host:port` as sites reach it; `caSpkiSha256`: 64 hex digits
 * @returns one line to hand to the site, and the hash that the coordinator keeps instead of the secret
 * @throws z.ZodError for an address or hash of the wrong form
 */
export function mintJoinToken(input: { readonly url: string; readonly caSpkiSha256: string; readonly site?: string }): {
  readonly token: string;
  readonly secretHash: string;
} {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const content = Content.parse({ url: input.url, ca: input.caSpkiSha256, secret, site: input.site });
  const body = PREFIX + canonicalJson(content).toString('base64url');
  return { token: `${body}.${checksum(body)}`, secretHash: hashTokenSecret(secret) };
}

/**
 * Reads a join token as a person hands it over: surrounding blanks and line breaks of a mail program do not matter.
 * @throws ConsiliumError TOKEN_INVALID, saying whether it is another kind of text, cut short or mistyped
 */
export function parseJoinToken(text: string): JoinToken {
  const token = text.replace(/\s+/g, '');
  if (token === '') throw invalid('is empty');
  if (token.length > LONGEST) throw invalid('is too long');
  if (!token.startsWith(PREFIX))
    throw invalid(
      token.startsWith(FAMILY) && token.includes('.')
        ? 'is of a kind that this version does not know'
        : FAMILY.startsWith(token) || PREFIX.startsWith(token)
          ? 'is cut short'
          : 'is not a join token',
    );
  const end = token.lastIndexOf('.');
  if (end < PREFIX.length || token.length - end - 1 < CHECK_LENGTH) throw invalid('is cut short');
  const body = token.slice(0, end);
  if (token.slice(end + 1) !== checksum(body)) throw invalid('is mistyped or damaged');
  const content = Content.safeParse(decode(body.slice(PREFIX.length)));
  if (!content.success) throw invalid('does not hold what a join token holds');
  const { url, ca, secret, site } = content.data;
  return { coordinator: url, caSpkiSha256: ca, secret, ...(site === undefined ? {} : { site }) };
}

/**
 * What the coordinator stores of a token: SHA-256 in hex. The secret has 256 random bits, so no slow hash is needed,
 * and a look-up by hash reveals nothing through its timing.
 */
export function hashTokenSecret(secret: string): string {
  return createHash('sha256').update('consilium/v1/join-token\n').update(secret, 'utf8').digest('hex');
}

function checksum(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest('base64url').slice(0, CHECK_LENGTH);
}

function decode(body: string): unknown {
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function invalid(what: string): ConsiliumError {
  return new ConsiliumError({
    code: 'TOKEN_INVALID',
    errorClass: 'usage',
    message: `The join token ${what}.`,
    fix: "Copy the whole line again, or ask the coordinator's admin for a new token (consilium site invite NAME).",
  });
}
