import { ConsiliumError } from '@consilium/protocol';
import {
  changeAccount,
  dropSessionsOf,
  holdAccount,
  replaceRecoveryCodes,
  type AccountChange,
  type AccountRow,
  type Database,
} from '../../storage/index.js';
import { accountUnknown, providerDecides } from '../people/account-refusals.js';
import type { Changed } from '../people/accounts.js';
import { checkPassword } from '../people/password-rules.js';
import { clearTries, takeTry } from './lock-out.js';
import { acceptedStep, newRecoveryCodes, newTotpSecret, recoveryCodeHash, totpForApps } from './second-factor.js';
import { takeSecondFactor, totpNeeded, type SignInParts } from './sign-in.js';

/** How long after sign-in a session may take the second factor away without a code of it. */
const FRESH_MS = 10 * 60_000;

/** What people change of their own account: second factor, password, name, theme. */
export class OwnAccount {
  constructor(
    private readonly parts: SignInParts,
    private readonly consortium: string,
  ) {}

  /** A secret for an authenticator app; it counts once a code has proved that the app has it. @throws ConsiliumError TOTP_ON */
  async beginTotp(tx: Database, id: string): Promise<Changed<{ readonly secret: string; readonly uri: string }>> {
    const row = await this.#hold(tx, id);
    if (row.provider_subject !== null) throw providerDecides();
    if (row.totp_confirmed) throw totpOn();
    const secret = newTotpSecret();
    await changeAccount(tx, id, { totp_secret: this.parts.secrets.seal(secret, id), totp_step: 0 });
    return {
      result: totpForApps(secret, row.email, `Consilium ${this.consortium}`),
      notes: { subject: `account:${id}`, after: { totp: 'begun' } },
    };
  }

  /** @returns recovery codes, shown once. @throws ConsiliumError TOTP_ON, TOTP_WRONG */
  async confirmTotp(tx: Database, id: string, code: string, tries: readonly string[]): Promise<Changed<readonly string[]>> {
    const { secrets, clock } = this.parts;
    const row = await this.#hold(tx, id);
    if (row.totp_confirmed) throw totpOn();
    const step = row.totp_secret === null ? undefined : acceptedStep(secrets.open(row.totp_secret, id), code, clock(), row.totp_step);
    if (step === undefined) throw totpWrong();
    const codes = newRecoveryCodes();
    await changeAccount(tx, id, { totp_confirmed: true, totp_step: step });
    await clearTries(tx, tries, clock());
    await replaceRecoveryCodes(
      tx,
      id,
      codes.map(recoveryCodeHash).filter((hash) => hash !== undefined),
    );
    return { result: codes, notes: { subject: `account:${id}`, before: { totp: false }, after: { totp: true } } };
  }

  /** @param signedInAt - when the session began: a fresh one needs no code. @throws ConsiliumError TOTP_NEEDED, TOTP_WRONG, LOCKED_OUT */
  async removeTotp(
    tx: Database,
    id: string,
    code: string | undefined,
    signedInAt: Date,
    tries: readonly string[],
  ): Promise<Changed<undefined>> {
    const { clock } = this.parts;
    const row = await this.#hold(tx, id);
    if (row.totp_confirmed) {
      if (code === undefined && clock().getTime() - signedInAt.getTime() > FRESH_MS) throw totpNeeded();
      if (code !== undefined && !(await takeSecondFactor(tx, row, code, this.parts))) throw totpWrong();
    }
    if (tries.length > 0) await clearTries(tx, tries, clock());
    await changeAccount(tx, id, { totp_secret: null, totp_confirmed: false });
    await replaceRecoveryCodes(tx, id, []);
    return { result: undefined, notes: { subject: `account:${id}`, before: { totp: row.totp_confirmed }, after: { totp: false } } };
  }

  /** Whoever changes a password proves that it is theirs. @returns the new one as it is stored. @throws ConsiliumError PASSWORD_WRONG, PASSWORD_WEAK, LOCKED_OUT */
  async newPassword(row: AccountRow, current: string, next: string): Promise<string> {
    const { db, passwords, clock } = this.parts;
    if (row.provider_subject !== null) throw providerDecides();
    const tries = await takeTry(db, `own:${row.id}`, undefined, clock());
    if (!(await passwords.matches(current, row.password)))
      throw new ConsiliumError({
        code: 'PASSWORD_WRONG',
        errorClass: 'forbidden',
        message: 'The password that counts now is another one.',
        fix: 'Try again, or ask an admin for a new link.',
      });
    checkPassword(next, row);
    await clearTries(db, tries, clock());
    return passwords.hash(next);
  }

  /** Every other session of the account ends. @param session - hash of the one that stays */
  async setPassword(tx: Database, id: string, password: string, session: string): Promise<Changed<undefined>> {
    await this.#hold(tx, id);
    await changeAccount(tx, id, { password });
    await dropSessionsOf(tx, id, session);
    return { result: undefined, notes: { subject: `account:${id}`, after: { password: 'changed' } } };
  }

  async change(tx: Database, id: string, change: Pick<AccountChange, 'name' | 'theme'>): Promise<Changed<AccountRow>> {
    const row = await this.#hold(tx, id);
    await changeAccount(tx, id, change);
    const told = (of: AccountRow) => ({ name: of.name, theme: of.theme });
    const next = { ...row, ...change };
    return { result: next, notes: { subject: `account:${id}`, before: told(row), after: told(next) } };
  }

  /** Counts a try of a code, outside the transaction that a wrong one rolls back. @throws TryLater LOCKED_OUT */
  tryCode(id: string): Promise<readonly string[]> {
    return takeTry(this.parts.db, `totp:${id}`, undefined, this.parts.clock());
  }

  async #hold(tx: Database, id: string): Promise<AccountRow> {
    const row = await holdAccount(tx, id);
    if (row?.state !== 'active') throw accountUnknown();
    return row;
  }
}

const totpOn = () =>
  new ConsiliumError({
    code: 'TOTP_ON',
    errorClass: 'refused',
    message: 'A second factor is on already.',
    fix: 'Take it away first, with a code of it.',
  });

const totpWrong = () =>
  new ConsiliumError({
    code: 'TOTP_WRONG',
    errorClass: 'forbidden',
    message: 'The code is not right, or was used before.',
    fix: 'Wait for the next code, and check the clock of the phone.',
  });
