import { createHash } from 'node:crypto';
import { canonicalJson, ConsiliumError, schemaProblems, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { IDENTITY_KEY_BYTES } from './ed25519.js';
import { fingerprintWords } from './fingerprint-words.js';
import { SEALING_KEY_BYTES } from './sealing.js';
import { ConsortiumName } from './spiffe.js';

const bytes = (length: number) =>
  z.instanceof(Uint8Array, { error: 'bytes' }).refine((value) => value.length === length, `${length} bytes`);

const Member = z.object({ site: SiteName, identityKey: bytes(IDENTITY_KEY_BYTES), sealingKey: bytes(SEALING_KEY_BYTES) });

const RosterForm = z
  .object({
    consortium: ConsortiumName,
    epoch: z.int().min(0).max(0xffff_ffff),
    previousHash: z.union([bytes(0), bytes(32)]),
    members: z.array(Member).max(10_000),
  })
  .refine((roster) => (roster.epoch === 0) === (roster.previousHash.length === 0), {
    path: ['previousHash'],
    message: 'empty at epoch 0, and 32 bytes at every later one',
  })
  .refine((roster) => differ(roster.members.map((member) => member.site)), { path: ['members'], message: 'each site once' })
  .refine(
    (roster) =>
      differ(roster.members.map((member) => hex(member.identityKey))) && differ(roster.members.map((member) => hex(member.sealingKey))),
    { path: ['members'], message: 'no two sites have the same key' },
  );

/** A member's keys: what its signatures and seals are checked against. */
export interface RosterMember {
  readonly site: SiteName;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** X-Wing, 1216 bytes. */
  readonly sealingKey: Uint8Array;
}

/** The members of a consortium in the order of joining (PROTOCOL.md section 2). */
export interface Roster {
  readonly consortium: string;
  readonly epoch: number;
  /** `rosterHash` of the epoch before, 32 bytes; empty at epoch 0. */
  readonly previousHash: Uint8Array;
  readonly members: readonly RosterMember[];
}

/**
 * Reads a roster from a message of that shape (fields it does not know are dropped).
 * @throws ConsiliumError ROSTER_INVALID for wrong lengths, a site or key that occurs twice, or a chain that does not begin at epoch 0
 */
export function parseRoster(message: unknown): Roster {
  const roster = RosterForm.safeParse(message);
  if (roster.success) return roster.data;
  throw new ConsiliumError({
    code: 'ROSTER_INVALID',
    errorClass: 'verification',
    message: "The coordinator's roster is malformed.",
    fix: "Ask the coordinator's admin to look at its log; nothing is done with this roster.",
    problems: schemaProblems(RosterForm, roster.error),
  });
}

/** SHA-256 of the roster's canonical form (canonical JSON, keys in hex), 32 bytes: what the next epoch points to. */
export function rosterHash(roster: Roster): Buffer {
  const form = {
    consortium: roster.consortium,
    epoch: roster.epoch,
    previousHash: hex(roster.previousHash),
    members: roster.members.map(({ site, identityKey, sealingKey }) => ({
      site,
      identityKey: hex(identityKey),
      sealingKey: hex(sealingKey),
    })),
  };
  return createHash('sha256').update('consilium/v1/roster\n').update(canonicalJson(form)).digest();
}

/** @throws ConsiliumError NOT_ON_ROSTER */
export function memberOf(roster: Roster, site: string): RosterMember {
  const member = roster.members.find((candidate) => candidate.site === site);
  if (member !== undefined) return member;
  throw new ConsiliumError({
    code: 'NOT_ON_ROSTER',
    errorClass: 'verification',
    message: `No site of that name is on the roster of consortium ${roster.consortium} (epoch ${roster.epoch}).`,
    fix: 'Check the name (consilium site list), or have the site admitted.',
  });
}

/** The eight words by which two people compare a site's keys. */
export function memberWords(member: Pick<RosterMember, 'identityKey' | 'sealingKey'>): string {
  return fingerprintWords(Buffer.concat([member.identityKey, member.sealingKey]));
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

function differ(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
