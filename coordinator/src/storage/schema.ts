import type { Generated, GeneratedAlways, Kysely } from 'kysely';
import type { Json, PopulationName, SiteName, StudyHash } from '@consilium/protocol';
import type { ComplianceSchema } from './compliance-tables.js';
import type { JsonColumn } from './json-column.js';

export type SiteState = 'invited' | 'pending' | 'admitted' | 'revoked';

/** One row: the consortium that this coordinator serves. */
export interface ConsortiumTable {
  id: number;
  name: string;
  created_at: Date;
}

export interface SitesTable {
  name: SiteName;
  state: SiteState;
  /** Place in the roster, from 0; null until admitted. */
  position: number | null;
  identity_key: Buffer | null;
  sealing_key: Buffer | null;
  csr: Buffer | null;
  agent_version: string | null;
  engine: string | null;
  cohorts: JsonColumn<readonly string[]>;
  last_seen: Date | null;
  invited_at: Date;
  admitted_at: Date | null;
}

/** One row an epoch, never changed. */
export interface RostersTable {
  epoch: number;
  /** A `Roster` of the wire. */
  roster: Buffer;
  created_at: Date;
}

export interface CountersignaturesTable {
  epoch: number;
  site: SiteName;
  signature: Buffer;
  at: Date;
}

export interface JoinTokensTable {
  secret_hash: string;
  site: SiteName;
  expires_at: Date;
  /** The keys that this token was first used with; null until then. */
  keys_hash: string | null;
  created_at: Date;
}

export interface CertificatesTable {
  serial: string;
  site: SiteName;
  /** SHA-256 of the DER form, hex. */
  fingerprint: string;
  not_after: Date;
  revoked_at: Date | null;
  /** When its site first came with it. */
  used_at: Date | null;
  der: Buffer;
}

export interface StudiesTable {
  hash: StudyHash;
  name: string;
  specification: Buffer;
  proposed_at: Date;
}

export interface StudyEventsTable {
  study: StudyHash;
  seq: number;
  at: Date;
  event: JsonColumn<Json>;
}

export interface RelayBoxesTable {
  study: StudyHash;
  key_epoch: number;
  sender: SiteName;
  recipient: SiteName;
  encapsulated_key: Buffer;
  ciphertext: Buffer;
  signature: Buffer;
}

/** Boxes of shares for one block of seats. */
export interface ShareBoxesTable {
  study: StudyHash;
  block: number;
  sender: SiteName;
  recipient: SiteName;
  encapsulated_key: Buffer;
  ciphertext: Buffer;
  signature: Buffer;
}

export interface UploadsTable {
  study: StudyHash;
  kind: string;
  round: number;
  attempt: number;
  site: SiteName;
  length: number;
  sha256: Buffer;
  signature: Buffer;
  key_epoch: number;
  complete: boolean;
  path: string;
}

/** The sites' ledgers, line after line as they were sent. */
export interface LedgerLineTable {
  site: SiteName;
  population: PopulationName;
  index: number;
  line: Buffer;
}

/** One row a ledger: the newest checkpoint, with the cosignatures that came with it. */
export interface LedgerNoteTable {
  site: SiteName;
  population: PopulationName;
  size: number;
  note: string;
  at: Date;
}

export type AccountState = 'invited' | 'active' | 'closed';

export interface AccountsTable {
  id: string;
  /** In lower case; unique among accounts that are not closed. */
  email: string;
  name: string;
  roles: JsonColumn<readonly string[]>;
  sites: JsonColumn<readonly SiteName[]>;
  state: AccountState;
  /** A PHC string of argon2id; null where the person signs in elsewhere, or has not yet. */
  password: string | null;
  totp_secret: Buffer | null;
  totp_confirmed: Generated<boolean>;
  /** The newest time step whose code was accepted. */
  totp_step: Generated<number>;
  /** Issuer and subject at the OpenID provider. */
  provider_subject: string | null;
  theme: string | null;
  created_at: Date;
  last_sign_in: Date | null;
}

/** Unused ones: a code that was used is gone. */
export interface RecoveryCodesTable {
  account: string;
  hash: string;
}

export interface OneTimeLinksTable {
  hash: string;
  purpose: 'setup' | 'welcome';
  account: string | null;
  expires_at: Date;
}

export interface SessionsTable {
  hash: string;
  account: string;
  origin: 'password' | 'provider';
  created_at: Date;
  seen_at: Date;
}

export interface ApiTokensTable {
  id: string;
  account: string;
  name: string;
  hash: string;
  scopes: JsonColumn<readonly string[]>;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
}

export interface SignInFailuresTable {
  key: string;
  failures: number;
  last_at: Date;
  locked_until: Date | null;
}

export interface ProviderFlowsTable {
  state_hash: string;
  browser_hash: string;
  verifier: string;
  nonce: string;
  return_to: string;
  expires_at: Date;
}

/** `line` is what was hashed; the fields after `hash` are generated from it. */
export interface AuditLogTable {
  seq: number;
  line: string;
  hash: string;
  at: GeneratedAlways<string>;
  actor: GeneratedAlways<string>;
  action: GeneratedAlways<string>;
  subject: GeneratedAlways<string>;
}

/** One row: where the chain ends. Whoever appends holds it until the entry is committed. */
export interface AuditHeadTable {
  id: number;
  seq: number;
  hash: string;
}

/** One row a request that came with an Idempotency-Key. */
export interface KeptAnswersTable {
  id: Buffer;
  at: Date;
  request: Buffer;
  status: number | null;
  answer: Buffer | null;
}

export interface SnoozesTable {
  /** Id of the account. */
  actor: string;
  item: string;
  until: Date;
}

export interface Schema extends ComplianceSchema {
  consortium: ConsortiumTable;
  sites: SitesTable;
  rosters: RostersTable;
  countersignatures: CountersignaturesTable;
  join_tokens: JoinTokensTable;
  certificates: CertificatesTable;
  studies: StudiesTable;
  study_events: StudyEventsTable;
  relay_boxes: RelayBoxesTable;
  share_boxes: ShareBoxesTable;
  uploads: UploadsTable;
  ledger_line: LedgerLineTable;
  ledger_note: LedgerNoteTable;
  accounts: AccountsTable;
  recovery_codes: RecoveryCodesTable;
  one_time_links: OneTimeLinksTable;
  sessions: SessionsTable;
  api_tokens: ApiTokensTable;
  sign_in_failures: SignInFailuresTable;
  provider_flows: ProviderFlowsTable;
  audit_log: AuditLogTable;
  audit_head: AuditHeadTable;
  kept_answers: KeptAnswersTable;
  snoozes: SnoozesTable;
}

/** A connection pool or a transaction: every query function takes either. */
export type Database = Kysely<Schema>;

/** What `jsonb` columns take: the value as JSON text. */
export function toJsonb(value: Json): string {
  return JSON.stringify(value);
}
