import type { Generated } from 'kysely';
import type { Json, PopulationName, SiteName } from '@consilium/protocol';
import type { JsonColumn } from './json-column.js';

/** One row a request to a site, numbered within its ledger. */
export interface TighteningsTable {
  site: SiteName;
  population: PopulationName;
  request: number;
  /** A decimal; null for a freeze. */
  epsilon_limit: string | null;
  asked_by: string;
  asked_at: Date;
  /** Null until the site has answered. */
  outcome: 'entered' | 'refused' | null;
  /** The site's fixed word. */
  refused: string | null;
  answered_at: Date | null;
  /** How often it got another number. */
  moves: Generated<number>;
}

export interface LooseningRequestsTable {
  id: Generated<number>;
  site: SiteName;
  population: PopulationName;
  epsilon_limit: string;
  reason: string;
  asked_by: string;
  asked_at: Date;
}

export interface NoticesTable {
  id: Generated<number>;
  /** What happened, so that it is told once. */
  key: string;
  kind: string;
  /** Path in the console. */
  link: string;
  at: Date;
}

export interface NoticeRecipientsTable {
  kind: string;
  address: string;
}

export interface WebhooksTable {
  id: string;
  url: string;
  kinds: JsonColumn<readonly string[]>;
  /** Opens under the key of the state directory, for this webhook only. */
  sealed_secret: Buffer;
  created_by: string;
  created_at: Date;
}

export interface NoticeDeliveriesTable {
  id: Generated<number>;
  notice: number;
  channel: 'mail' | 'webhook';
  /** An e-mail address, or the id of a webhook. */
  target: string;
  attempts: Generated<number>;
  next_at: Date;
  done_at: Date | null;
  gave_up: Generated<boolean>;
  last_error: string | null;
}

export interface ReportsTable {
  id: string;
  kind: string;
  site: SiteName;
  from_day: string;
  to_day: string;
  created_by: string;
  created_at: Date;
  content: JsonColumn<Json>;
  pdf: Buffer;
}

/** What officers of the consortium do: requests to sites, notices, reports. */
export interface ComplianceSchema {
  tightenings: TighteningsTable;
  loosening_requests: LooseningRequestsTable;
  notices: NoticesTable;
  notice_recipients: NoticeRecipientsTable;
  webhooks: WebhooksTable;
  notice_deliveries: NoticeDeliveriesTable;
  reports: ReportsTable;
}
