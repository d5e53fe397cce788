import { sql, type Selectable } from 'kysely';
import type { SiteName } from '@consilium/protocol';
import { toJsonb, type AccountsTable, type Database } from '../schema.js';

export type AccountRow = Selectable<AccountsTable>;

export interface NewAccount {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly sites: readonly SiteName[];
  readonly state: 'invited' | 'active';
  readonly password: string | null;
  readonly providerSubject: string | null;
}

/** @returns false where the address belongs to another account */
export async function addAccount(db: Database, account: NewAccount, now: Date): Promise<boolean> {
  const { roles, sites, providerSubject, ...rest } = account;
  const inserted = await db
    .insertInto('accounts')
    .values({ ...rest, roles: toJsonb(roles), sites: toJsonb(sites), provider_subject: providerSubject, created_at: now })
    .onConflict((conflict) => conflict.column('email').where('state', '!=', 'closed').doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function findAccount(db: Database, id: string): Promise<AccountRow | undefined> {
  return db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The account, held until the transaction ends. */
export async function holdAccount(tx: Database, id: string): Promise<AccountRow | undefined> {
  return tx.selectFrom('accounts').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** @param email - in lower case */
export async function accountOfEmail(db: Database, email: string): Promise<AccountRow | undefined> {
  return db.selectFrom('accounts').selectAll().where('email', '=', email).where('state', '!=', 'closed').executeTakeFirst();
}

export async function accountOfProvider(db: Database, subject: string): Promise<AccountRow | undefined> {
  return db.selectFrom('accounts').selectAll().where('provider_subject', '=', subject).executeTakeFirst();
}

/** Those that are not closed, oldest first. */
export async function listAccounts(db: Database): Promise<readonly AccountRow[]> {
  return db.selectFrom('accounts').selectAll().where('state', '!=', 'closed').orderBy('created_at').orderBy('id').execute();
}

export async function anyAccount(db: Database): Promise<boolean> {
  return (await db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Nobody else adds, changes or counts accounts until the transaction ends. */
export async function lockAccounts(tx: Database): Promise<void> {
  await sql`lock table accounts in share row exclusive mode`.execute(tx);
}

export type AccountChange = Partial<
  Pick<
    AccountRow,
    | 'name'
    | 'email'
    | 'state'
    | 'password'
    | 'totp_secret'
    | 'totp_confirmed'
    | 'totp_step'
    | 'provider_subject'
    | 'theme'
    | 'last_sign_in'
    | 'roles'
    | 'sites'
  >
>;

export async function changeAccount(db: Database, id: string, { roles, sites, ...rest }: AccountChange): Promise<void> {
  await db
    .updateTable('accounts')
    .set({
      ...rest,
      ...(roles === undefined ? {} : { roles: toJsonb(roles) }),
      ...(sites === undefined ? {} : { sites: toJsonb(sites) }),
    })
    .where('id', '=', id)
    .execute();
}
