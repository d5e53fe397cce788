import { sql } from 'kysely';
import type { Database } from '../schema.js';

/**
 * Counts a try against a key, unless the key is locked; nobody else counts against it until the transaction ends.
 * Counting begins anew where the last try is older than `forgetBefore`.
 * @returns tries so far, this one included; or until when the key is locked
 */
export async function countTry(tx: Database, key: string, now: Date, forgetBefore: Date): Promise<number | Date> {
  const counted = await tx
    .insertInto('sign_in_failures')
    .values({ key, failures: 1, last_at: now, locked_until: null })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({
          failures: sql<number>`case when sign_in_failures.last_at < ${forgetBefore} then 1 else sign_in_failures.failures + 1 end`,
          last_at: now,
        })
        .where((eb) => eb.or([eb('sign_in_failures.locked_until', 'is', null), eb('sign_in_failures.locked_until', '<=', now)])),
    )
    .returning('failures')
    .executeTakeFirst();
  if (counted !== undefined) return counted.failures;
  const { locked_until: until } = await tx
    .selectFrom('sign_in_failures')
    .select('locked_until')
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return until ?? now;
}

export async function lockKey(tx: Database, key: string, until: Date): Promise<void> {
  await tx.updateTable('sign_in_failures').set({ locked_until: until }).where('key', '=', key).execute();
}

export async function dropFailures(tx: Database, keys: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('sign_in_failures')
    .where('key', 'in', [...keys])
    .execute();
}

export async function dropFailuresBefore(db: Database, time: Date): Promise<void> {
  await db.deleteFrom('sign_in_failures').where('last_at', '<', time).execute();
}
