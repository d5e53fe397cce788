import { randomUUID } from 'node:crypto';
import type { SiteName } from '@consilium/protocol';
import type { ChangeNotes } from '../../audit/index.js';
import {
  addAccount,
  anyAccount,
  changeAccount,
  dropApiTokensOf,
  dropLinks,
  dropSessionsOf,
  findAccount,
  holdAccount,
  listAccounts,
  lockAccounts,
  peekLink,
  replaceLink,
  replaceRecoveryCodes,
  useLink,
  type AccountRow,
  type Database,
} from '../../storage/index.js';
import type { Role } from '../permission/role.js';
import { newSecret, secretHash } from '../secret-token.js';
import { accountUnknown, emailTaken, lastAdmin, linkOver, providerDecides, setupClosed } from './account-refusals.js';
import { accountNotes, accountView, rolesOf, type AccountView } from './account-view.js';
import type { PasswordHasher } from './password-hash.js';
import { checkPassword } from './password-rules.js';

const SETUP_MS = 24 * 3_600_000;
const WELCOME_MS = 7 * 86_400_000;

/** A change within a transaction, and what the audit log says of it. */
export interface Changed<T> {
  readonly result: T;
  readonly notes: ChangeNotes;
}

export interface Person {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly sites: readonly SiteName[];
}

export interface InvitedAccount {
  readonly account: AccountView;
  /** A secret, shown once. */
  readonly token: string;
}

/** Who has an account: set up, invited, changed, closed. Every change runs in the transaction of its audit entry. */
export class Accounts {
  constructor(
    private readonly db: Database,
    private readonly passwords: PasswordHasher,
    private readonly clock: () => Date,
  ) {}

  /** Whether the first admin is still to come. */
  async awaitsFirst(): Promise<boolean> {
    return !(await anyAccount(this.db));
  }

  /** A one-time secret for the first admin, in place of any before; undefined once somebody has an account. */
  async setupSecret(): Promise<string | undefined> {
    return this.db.transaction().execute(async (tx) => {
      await lockAccounts(tx);
      if (await anyAccount(tx)) return undefined;
      const token = newSecret();
      await replaceLink(tx, { hash: secretHash(token), purpose: 'setup', account: null, expires_at: this.#in(SETUP_MS) });
      return token;
    });
  }

  /**
   * The password of the first admin, as it is stored: made before the transaction, because it takes its time.
   * @throws ConsiliumError SETUP_CLOSED, LINK_OVER, PASSWORD_WEAK
   */
  async setupPassword(secret: string, password: string, person: Pick<Person, 'email' | 'name'>): Promise<string> {
    if (await anyAccount(this.db)) throw setupClosed();
    if ((await peekLink(this.db, 'setup', secretHash(secret), this.clock())) === undefined) throw linkOver();
    checkPassword(password, person);
    return this.passwords.hash(password);
  }

  /** The password of somebody who was invited, as it is stored. @throws ConsiliumError LINK_OVER, PASSWORD_WEAK */
  async welcomePassword(secret: string, password: string): Promise<string> {
    const link = await peekLink(this.db, 'welcome', secretHash(secret), this.clock());
    const row = link?.account == null ? undefined : await findAccount(this.db, link.account);
    if (row?.state !== 'invited') throw linkOver();
    checkPassword(password, row);
    return this.passwords.hash(password);
  }

  /** @param password - as {@link setupPassword} gave it. @throws ConsiliumError SETUP_CLOSED, LINK_OVER */
  async setUp(
    tx: Database,
    secret: string,
    { email, name }: Pick<Person, 'email' | 'name'>,
    password: string,
  ): Promise<Changed<AccountView>> {
    await lockAccounts(tx);
    if (await anyAccount(tx)) throw setupClosed();
    if ((await useLink(tx, 'setup', secretHash(secret), this.clock())) === undefined) throw linkOver();
    const account = await this.#add(tx, { email, name, roles: ['admin'], sites: [] }, 'active', password);
    return { result: accountView(account), notes: { ...made(account), by: byLink(account) } };
  }

  async list(): Promise<readonly AccountView[]> {
    return (await listAccounts(this.db)).map(accountView);
  }

  /** @throws ConsiliumError EMAIL_TAKEN */
  async invite(tx: Database, person: Person): Promise<Changed<InvitedAccount>> {
    const account = await this.#add(tx, person, 'invited', null);
    return { result: { account: accountView(account), token: await this.#welcome(tx, account.id) }, notes: made(account) };
  }

  /**
   * A new link in place of password and second factor: for somebody who has lost either. Sessions and tokens end, because
   * whoever has found what was lost may have made some.
   * @throws ConsiliumError ACCOUNT_UNKNOWN, LAST_ADMIN, PROVIDER_DECIDES
   */
  async inviteAgain(tx: Database, id: string): Promise<Changed<InvitedAccount>> {
    await lockAccounts(tx);
    const row = await this.#hold(tx, id);
    if (row.provider_subject !== null) throw providerDecides();
    const next = { ...row, state: 'invited' as const, totp_confirmed: false };
    await this.#requireAdmin(tx, row, next);
    await changeAccount(tx, id, { state: 'invited', password: null, totp_secret: null, totp_confirmed: false });
    await replaceRecoveryCodes(tx, id, []);
    await dropSessionsOf(tx, id);
    await dropApiTokensOf(tx, id);
    return { result: { account: accountView(next), token: await this.#welcome(tx, id) }, notes: changed(row, next) };
  }

  /** An invited person takes a password. @param password - as {@link welcomePassword} gave it. @throws ConsiliumError LINK_OVER */
  async welcome(tx: Database, secret: string, password: string): Promise<Changed<AccountView>> {
    const link = await useLink(tx, 'welcome', secretHash(secret), this.clock());
    const row = link?.account == null ? undefined : await holdAccount(tx, link.account);
    if (row?.state !== 'invited') throw linkOver();
    await changeAccount(tx, row.id, { state: 'active', password });
    const next = { ...row, state: 'active' as const };
    return { result: accountView(next), notes: { ...changed(row, next), by: byLink(row) } };
  }

  /** @throws ConsiliumError ACCOUNT_UNKNOWN, LAST_ADMIN, PROVIDER_DECIDES */
  async change(tx: Database, id: string, change: Partial<Omit<Person, 'email'>>): Promise<Changed<AccountView>> {
    await lockAccounts(tx);
    const row = await this.#hold(tx, id);
    if (row.provider_subject !== null && (change.roles !== undefined || change.sites !== undefined)) throw providerDecides();
    const next = { ...row, ...change };
    await this.#requireAdmin(tx, row, next);
    await changeAccount(tx, id, change);
    return { result: accountView(next), notes: changed(row, next) };
  }

  /**
   * The account stays for the record; it signs in no more, its sessions and tokens end. It stays the provider's person, too:
   * otherwise they would have a new account at their next sign-in.
   * @throws ConsiliumError LAST_ADMIN
   */
  async close(tx: Database, id: string): Promise<Changed<AccountView>> {
    await lockAccounts(tx);
    const row = await this.#hold(tx, id);
    const next = { ...row, state: 'closed' as const };
    await this.#requireAdmin(tx, row, next);
    await changeAccount(tx, id, { state: 'closed', password: null, totp_secret: null, totp_confirmed: false });
    await replaceRecoveryCodes(tx, id, []);
    await dropSessionsOf(tx, id);
    await dropApiTokensOf(tx, id);
    await dropLinks(tx, 'welcome', id);
    return { result: accountView(next), notes: changed(row, next) };
  }

  async #add(
    tx: Database,
    { email, name, roles, sites }: Person,
    state: 'invited' | 'active',
    password: string | null,
  ): Promise<AccountRow> {
    const id = randomUUID();
    if (!(await addAccount(tx, { id, email, name, roles, sites, state, password, providerSubject: null }, this.clock())))
      throw emailTaken();
    return this.#hold(tx, id);
  }

  async #hold(tx: Database, id: string): Promise<AccountRow> {
    const row = await holdAccount(tx, id);
    if (row === undefined || row.state === 'closed') throw accountUnknown();
    return row;
  }

  async #welcome(tx: Database, account: string): Promise<string> {
    const token = newSecret();
    await replaceLink(tx, { hash: secretHash(token), purpose: 'welcome', account, expires_at: this.#in(WELCOME_MS) });
    return token;
  }

  /** Somebody must be left who can sign in and look after people. */
  async #requireAdmin(tx: Database, row: AccountRow, next: AccountRow): Promise<void> {
    if (!isAdmin(row) || isAdmin(next)) return;
    if (!(await listAccounts(tx)).some((other) => other.id !== row.id && isAdmin(other))) throw lastAdmin();
  }

  #in(ms: number): Date {
    return new Date(this.clock().getTime() + ms);
  }
}

const isAdmin = (row: AccountRow): boolean => row.state === 'active' && rolesOf(row).includes('admin');
const made = (row: AccountRow): ChangeNotes => ({ subject: `account:${row.id}`, after: accountNotes(row) });
const changed = (row: AccountRow, next: AccountRow): ChangeNotes => ({
  subject: `account:${row.id}`,
  before: accountNotes(row),
  after: accountNotes(next),
});
const byLink = (row: AccountRow) => ({ actor: row.email, actorId: row.id, via: 'link' as const });
