import type { Database } from '../schema.js';

/** The codes of an account, in place of those before. None: they are dropped. */
export async function replaceRecoveryCodes(tx: Database, account: string, hashes: readonly string[]): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('account', '=', account).execute();
  if (hashes.length > 0)
    await tx
      .insertInto('recovery_codes')
      .values(hashes.map((hash) => ({ account, hash })))
      .execute();
}

/** Uses a code up. @returns false where it is none, or was used before */
export async function useRecoveryCode(tx: Database, account: string, hash: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('recovery_codes')
    .where('account', '=', account)
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}
