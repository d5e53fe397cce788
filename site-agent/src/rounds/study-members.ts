import { verifyStatement } from '@consilium/identity';
import {
  SiteName as SiteNameSchema,
  statementJson,
  type ResolvedStudy,
  type SiteName,
  type Statement,
  type StatementKind,
  type StudyHash,
} from '@consilium/protocol';
import type { RosterServiceClient } from '@consilium/protocol/wire';
import { z } from 'zod';
import { ask } from './ask-coordinator.js';
import { siteRefused } from './site-refused.js';
import { readMembership, saveRoster, StoredRoster, type SiteState } from '../state/index.js';

/** One site of a study with the keys that hold for the whole study. */
export interface StudyMember {
  readonly site: SiteName;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** X-Wing, 1216 bytes. */
  readonly sealingKey: Uint8Array;
}

/** The sites of a study, in the study's order. */
export type StudyMembers = ReadonlyMap<SiteName, StudyMember>;

/** Whether `site` signed exactly this statement. */
export type VerifyStatement = <K extends StatementKind>(kind: K, site: SiteName, statement: Statement<K>, signature: Uint8Array) => boolean;

const Row = z
  .object({ site: SiteNameSchema, identity_key: z.instanceof(Uint8Array), sealing_key: z.instanceof(Uint8Array) })
  .transform((row): StudyMember => ({ site: row.site, identityKey: row.identity_key, sealingKey: row.sealing_key }));

/** The sentence stays at the site, in the incident; what leaves is the code. */
const rosterError = (epoch: number, message: string) => siteRefused('ROSTER', { epoch: String(epoch) }, new Error(message));

/**
 * The keys of a study's sites. They are pinned the first time this site uses them in the study; a roster that later
 * shows another key for one of them does not change the study, it is refused.
 * @throws SiteRefused ROSTER where a site of the study is not on the roster, or its keys have changed
 * @throws ConsiliumError COORDINATOR_UNREACHABLE while the roster must be asked for
 */
export async function studyMembers(
  state: SiteState,
  roster: RosterServiceClient,
  hash: StudyHash,
  study: ResolvedStudy,
  signal: AbortSignal,
): Promise<StudyMembers> {
  const { names } = study.sites;
  const pinned = readPinned(state, hash);
  if (names.every((name) => pinned.has(name))) return inOrder(names, pinned);
  const known = readMembership(state).roster;
  const enough = names.every((name) => known.members.some(({ site }) => site === name));
  const current = enough ? known : await refreshRoster(state, roster, signal);
  pin(state, hash, names, current);
  return inOrder(names, readPinned(state, hash));
}

async function refreshRoster(state: SiteState, client: RosterServiceClient, signal: AbortSignal): Promise<StoredRoster> {
  const { roster } = await ask(client.get, {}, signal);
  const parsed = StoredRoster.parse({
    consortium: roster?.consortium,
    epoch: roster?.epoch,
    members: roster?.members.map(({ site, identityKey, sealingKey }) => ({
      site,
      identityKey: Buffer.from(identityKey).toString('hex'),
      sealingKey: Buffer.from(sealingKey).toString('hex'),
    })),
  });
  const { consortium, roster: before } = readMembership(state);
  if (parsed.consortium !== consortium || parsed.epoch < before.epoch)
    throw rosterError(before.epoch, 'The coordinator handed out a roster of another consortium, or an older one.');
  saveRoster(state, parsed);
  return parsed;
}

function pin(state: SiteState, hash: StudyHash, names: readonly SiteName[], roster: StoredRoster): void {
  state.transaction(() => {
    const pinned = readPinned(state, hash);
    const insert = state.database.prepare('INSERT INTO study_member (study, site, identity_key, sealing_key) VALUES (?, ?, ?, ?)');
    for (const name of names) {
      const member = roster.members.find(({ site }) => site === name);
      if (!member) throw rosterError(roster.epoch, `Site ${name} of the study is not on the roster.`);
      const before = pinned.get(name);
      const identityKey = Buffer.from(member.identityKey, 'hex');
      const sealingKey = Buffer.from(member.sealingKey, 'hex');
      if (!before) insert.run(hash, name, identityKey, sealingKey);
      else if (!identityKey.equals(before.identityKey) || !sealingKey.equals(before.sealingKey))
        throw rosterError(roster.epoch, `The keys of site ${name} have changed since the study began.`);
    }
  });
}

function readPinned(state: SiteState, hash: StudyHash): Map<SiteName, StudyMember> {
  const rows = state.database.prepare('SELECT site, identity_key, sealing_key FROM study_member WHERE study = ?').all(hash);
  return new Map(rows.map((row) => Row.parse(row)).map((member) => [member.site, member]));
}

function inOrder(names: readonly SiteName[], members: ReadonlyMap<SiteName, StudyMember>): StudyMembers {
  return new Map(names.flatMap((name) => (members.has(name) ? [[name, members.get(name) as StudyMember]] : [])));
}

/** Checks signatures of a study's sites, and of nobody else. */
export function verifierOf(members: StudyMembers): VerifyStatement {
  return (kind, site, statement, signature) => {
    const member = members.get(site);
    if (!member) return false;
    try {
      verifyStatement(kind, statementJson(kind, statement), signature, member.identityKey);
      return true;
    } catch {
      return false;
    }
  };
}
