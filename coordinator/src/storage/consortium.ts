import { ConsiliumError } from '@consilium/protocol';
import type { Database } from './schema.js';

export interface Consortium {
  readonly name: string;
}

/**
 * The consortium of this database, written at the first start.
 * @throws ConsiliumError CONSORTIUM_NAME where the database belongs to another one
 */
export async function ensureConsortium(db: Database, name: string, now: Date): Promise<Consortium> {
  await db
    .insertInto('consortium')
    .values({ id: 1, name, created_at: now })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const row = await db.selectFrom('consortium').selectAll().executeTakeFirstOrThrow();
  if (row.name !== name)
    throw new ConsiliumError({
      code: 'CONSORTIUM_NAME',
      errorClass: 'usage',
      message: `This state belongs to the consortium "${row.name}", and the configuration names "${name}".`,
      fix: `Set consortium to "${row.name}", or use another state directory.`,
    });
  return { name: row.name };
}

/** Whether the database takes a write now: readiness. Nothing is left behind. */
export async function isWritable(db: Database): Promise<boolean> {
  try {
    await db.updateTable('consortium').set({ id: 1 }).where('id', '=', 1).execute();
    return true;
  } catch {
    return false;
  }
}
