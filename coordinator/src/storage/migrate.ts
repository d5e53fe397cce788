import { Migrator } from 'kysely/migration';
import { ConsiliumError } from '@consilium/protocol';
import { answersAndSnoozes } from './migrations/answers-and-snoozes.js';
import { auditLog } from './migrations/audit-log.js';
import { firstTables } from './migrations/first-tables.js';
import { ledgerMirror } from './migrations/ledger-mirror.js';
import { people } from './migrations/people.js';
import { notices } from './migrations/notices.js';
import { reports } from './migrations/reports.js';
import { rosterEpochs } from './migrations/roster-epochs.js';
import { sealedWebhookSecrets } from './migrations/sealed-webhook-secrets.js';
import { shareBoxes } from './migrations/share-boxes.js';
import { tightenings } from './migrations/tightenings.js';
import type { Database } from './schema.js';

/** In order; a name, once released, stays. */
const MIGRATIONS = {
  '001-first-tables': { up: firstTables },
  '002-share-boxes': { up: shareBoxes },
  '003-roster-epochs': { up: rosterEpochs },
  '004-ledger-mirror': { up: ledgerMirror },
  '005-people': { up: people },
  '006-audit-log': { up: auditLog },
  '007-tightenings': { up: tightenings },
  '008-notices': { up: notices },
  '009-reports': { up: reports },
  '010-answers-and-snoozes': { up: answersAndSnoozes },
  '011-sealed-webhook-secrets': { up: sealedWebhookSecrets },
};

/**
 * Brings the tables to this version's form, in one transaction and under the migration lock.
 * @throws ConsiliumError MIGRATION, also where a newer version has already been here
 */
export async function migrate(db: Database): Promise<void> {
  const { error } = await new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } }).migrateToLatest();
  if (error !== undefined)
    throw new ConsiliumError({
      code: 'MIGRATION',
      errorClass: 'failed',
      message: "The database's tables cannot be brought to this version's form.",
      fix: 'Check that no newer version of Consilium has used this database, and that its user may create tables.',
      cause: error,
    });
}
