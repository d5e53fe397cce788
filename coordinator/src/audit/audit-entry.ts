import { canonicalJson, sha256Hex, type Json } from '@consilium/protocol';
import { z } from 'zod';

/** What the first entry follows. */
export const CHAIN_START = '0'.repeat(64);

const FORM = 'consilium/audit/v1';

/**
 * How far a change has come. `done`: entry and change are one transaction, or the change is over. `begun`: it is about
 * to be made; an entry with the same `requestId` tells how it ended. `refused`: nothing was changed. `failed`: an error
 * of the coordinator, which may have come before or after the change.
 */
export const AuditOutcome = z.enum(['done', 'begun', 'refused', 'failed']);
export type AuditOutcome = z.infer<typeof AuditOutcome>;

/** Whatever JSON holds: what was parsed from JSON needs no further look. */
const JsonValue = z.unknown() as unknown as z.ZodType<Json>;

/** A change of the coordinator's state, and who made it. */
export const AuditEvent = z.object({
  /** RFC 3339, UTC. */
  at: z.iso.datetime(),
  /** Of a person the e-mail address; `admin-token`, `site:NAME`, `nobody` for one who was not signed in. */
  actor: z.string(),
  /** Of the account; null for what is none. */
  actorId: z.string().nullable(),
  via: z.enum(['session', 'token', 'admin-token', 'link', 'provider', 'site', 'none']),
  /** The network address it came from. */
  from: z.string().nullable(),
  /** What was done, such as `study.launch`. */
  action: z.string(),
  /** To what, such as `study:7c41…` or `account:…`. */
  subject: z.string(),
  outcome: AuditOutcome,
  before: JsonValue,
  after: JsonValue,
  /** The trace id of the request: the same as in the log and in problem details. */
  requestId: z.string(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** An event in its place of the chain: `hash` is over everything else, `previous` included. */
export const AuditEntry = AuditEvent.extend({
  /** From 1, without gaps. */
  seq: z.int().min(1),
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export interface AuditHead {
  /** 0: there is no entry yet. */
  readonly seq: number;
  readonly hash: string;
}

/**
 * Places an event behind a head. Of what people sent, NUL and halves of surrogate pairs become U+FFFD: neither RFC 8785
 * nor PostgreSQL has a form for them, and an entry that cannot be written would take others with it.
 * @returns the canonical JSON (RFC 8785) that is stored, and its SHA-256
 */
export function sealEntry(event: AuditEvent, head: AuditHead): { readonly seq: number; readonly line: string; readonly hash: string } {
  const line = canonicalJson(writable({ form: FORM, ...event, seq: head.seq + 1, previous: head.hash } as unknown as Json));
  return { seq: head.seq + 1, line: line.toString('utf8'), hash: sha256Hex(line) };
}

function writable(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd');
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(writable);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [writable(name), member === undefined ? undefined : writable(member)]),
  );
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The entry of a stored line. @throws SyntaxError, ZodError for a line that is none */
export function openEntry(row: { readonly line: string; readonly hash: string }): AuditEntry {
  return AuditEntry.parse({ ...(JSON.parse(row.line) as object), hash: row.hash });
}

/** What {@link sealEntry} would store for this entry. */
export function lineOf(whole: AuditEntry): string {
  const { hash: _, ...entry } = whole;
  return canonicalJson({ form: FORM, ...entry } as unknown as Json).toString('utf8');
}
