import type { ColumnType, Kysely } from 'kysely';
import type { Json, PopulationName, SiteName, StudyHash } from '@consilium/protocol';

/** Read as a value, written as JSON text ({@link toJsonb}). */
type JsonColumn<T> = ColumnType<T, string, string>;

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
  /** Of what left a site: PostgreSQL works these out of the event. */
  left_site: ColumnType<SiteName | null, never, never>;
  left_kind: ColumnType<string | null, never, never>;
  left_bytes: ColumnType<number | null, never, never>;
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

export interface Schema {
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
  kept_answers: KeptAnswersTable;
  snoozes: SnoozesTable;
}

/** A connection pool or a transaction: every query function takes either. */
export type Database = Kysely<Schema>;

/** What `jsonb` columns take: the value as JSON text. */
export function toJsonb(value: Json): string {
  return JSON.stringify(value);
}
