import { ConsiliumError } from '@consilium/protocol';
import type { Change } from '../../audit/index.js';
import { accountOfEmail, changeAccount, holdAccount, useRecoveryCode, type AccountRow, type Database } from '../../storage/index.js';
import type { PasswordHasher } from '../people/password-hash.js';
import { browserOf, newBrowserMark } from './known-browser.js';
import { clearTries, takeTry } from './lock-out.js';
import { acceptedStep, recoveryCodeHash } from './second-factor.js';
import type { SecretBox } from './secret-box.js';
import type { Sessions } from './sessions.js';

export interface Credentials {
  /** In lower case. */
  readonly email: string;
  readonly password: string;
  /** A code of the second factor, or a recovery code. */
  readonly totp?: string | undefined;
}

/** Where a try comes from. */
export interface Origin {
  readonly address: string | undefined;
  /** The session that the browser came with: it ends. */
  readonly session: string | undefined;
  /** What it has kept of a sign-in before: see `newBrowserMark`. */
  readonly browser: string | undefined;
}

/** Secrets for the cookies of a browser. */
export interface SignedIn {
  readonly session: string;
  /** None where the browser has one that counts. */
  readonly browser: string | undefined;
}

export interface SignInParts {
  readonly db: Database;
  readonly passwords: PasswordHasher;
  readonly sessions: Sessions;
  readonly secrets: SecretBox;
  readonly clock: () => Date;
}

type Verdict = { readonly session: string } | { readonly refused: 'SIGN_IN_REFUSED' | 'TOTP_NEEDED' };

/** Sign-in with e-mail address, password and second factor. Every try is in the audit log, also one that fails. */
export class SignIn {
  constructor(private readonly parts: SignInParts) {}

  /**
   * @throws ConsiliumError LOCKED_OUT, SIGN_IN_REFUSED (the same for whatever was wrong), TOTP_NEEDED
   */
  async signIn(credentials: Credentials, origin: Origin, change: Change): Promise<SignedIn> {
    const { db, passwords, secrets, clock } = this.parts;
    const account = await accountOfEmail(db, credentials.email);
    const browser = browserOf(secrets, origin.browser, account?.id);
    const tries = await takeTry(db, credentials.email, origin.address, clock(), browser);
    const stored = account?.state === 'active' ? account.password : null;
    const known = await passwords.matches(credentials.password, stored);
    const fresh = known && stored !== null && passwords.isStale(stored) ? await passwords.hash(credentials.password) : undefined;
    const verdict = await change.inside(db, async (tx) => {
      const result: Verdict =
        known && account ? await this.#enter(tx, account, credentials, origin, tries, fresh) : { refused: 'SIGN_IN_REFUSED' };
      const by = account && { actor: account.email, actorId: account.id, via: 'none' as const };
      const notes = { subject: `account:${account?.id ?? 'unknown'}`, ...('refused' in result ? {} : { by }) };
      return {
        result,
        notes:
          'refused' in result
            ? { ...notes, outcome: 'refused' as const, after: { code: result.refused } }
            : { ...notes, after: { origin: 'password' } },
      };
    });
    if ('session' in verdict && account)
      return { session: verdict.session, browser: browser === undefined ? newBrowserMark(secrets, account.id) : undefined };
    throw 'refused' in verdict && verdict.refused === 'TOTP_NEEDED' ? totpNeeded() : signInRefused();
  }

  async #enter(
    tx: Database,
    { id }: AccountRow,
    { totp }: Credentials,
    origin: Origin,
    tries: readonly string[],
    fresh: string | undefined,
  ): Promise<Verdict> {
    const { sessions, clock } = this.parts;
    const row = await holdAccount(tx, id);
    if (row?.state !== 'active') return { refused: 'SIGN_IN_REFUSED' };
    if (row.totp_confirmed) {
      if (totp === undefined) return { refused: 'TOTP_NEEDED' };
      if (!(await takeSecondFactor(tx, row, totp, this.parts))) return { refused: 'SIGN_IN_REFUSED' };
    }
    await clearTries(tx, tries, clock());
    await changeAccount(tx, id, { last_sign_in: clock(), ...(fresh === undefined ? {} : { password: fresh }) });
    return { session: await sessions.begin(tx, id, 'password', origin.session) };
  }
}

/** Uses up a code of the second factor, or a recovery code. The account must be held. @returns false where it is wrong or was used before */
export async function takeSecondFactor(
  tx: Database,
  row: AccountRow,
  code: string,
  { secrets, clock }: Pick<SignInParts, 'secrets' | 'clock'>,
): Promise<boolean> {
  if (row.totp_secret === null) return false;
  const step = acceptedStep(secrets.open(row.totp_secret, row.id), code, clock(), row.totp_step);
  if (step !== undefined) {
    await changeAccount(tx, row.id, { totp_step: step });
    return true;
  }
  const hash = recoveryCodeHash(code);
  return hash !== undefined && (await useRecoveryCode(tx, row.id, hash));
}

const signInRefused = () =>
  new ConsiliumError({
    code: 'SIGN_IN_REFUSED',
    errorClass: 'forbidden',
    message: 'E-mail address, password or code is not right.',
    fix: 'Try again; a code of the second factor counts once. An admin can send a new link to somebody who has lost either.',
  });

export const totpNeeded = () =>
  new ConsiliumError({
    code: 'TOTP_NEEDED',
    errorClass: 'forbidden',
    message: 'A code of the second factor is needed.',
    fix: 'Send the six digits of the authenticator app, or a recovery code.',
  });
