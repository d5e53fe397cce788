import { sql, type Kysely } from 'kysely';

/** Secrets of webhooks lie sealed under the key of the state directory; those that lay open are of no use any more. */
export async function sealedWebhookSecrets(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`delete from notice_deliveries where channel = 'webhook'`,
    sql`delete from webhooks`,
    sql`alter table webhooks drop column secret, add column sealed_secret bytea not null`,
  ];
  for (const statement of statements) await statement.execute(db);
}
