import {
  addSession,
  dropSession,
  dropStaleSessions,
  findSession,
  touchSession,
  type AccountRow,
  type Database,
  type SessionRow,
} from '../../storage/index.js';
import { newSecret, secretHash } from '../secret-token.js';

export interface SessionLimits {
  /** A session without a request for so long is over. */
  readonly idleMs: number;
  /** A session is over after so long, whatever happens in it. */
  readonly lifeMs: number;
}

/** How old `seen_at` may be: not every request writes. */
const TOUCH_EVERY_MS = 60_000;

/** Sessions of people in their browsers; what is stored of one is the hash of its secret. */
export class Sessions {
  constructor(
    private readonly db: Database,
    private readonly limits: SessionLimits,
    private readonly clock: () => Date,
  ) {}

  get lifeMs(): number {
    return this.limits.lifeMs;
  }

  /**
   * A new session, with a secret that nobody knew before: the one that the browser came with is over.
   * @returns the secret, for the cookie
   */
  async begin(tx: Database, account: string, origin: SessionRow['origin'], before: string | undefined): Promise<string> {
    const now = this.clock();
    await dropStaleSessions(tx, new Date(now.getTime() - this.limits.lifeMs), new Date(now.getTime() - this.limits.idleMs));
    if (before !== undefined) await dropSession(tx, secretHash(before));
    const secret = newSecret();
    await addSession(tx, { hash: secretHash(secret), account, origin, created_at: now, seen_at: now });
    return secret;
  }

  /** The session of a secret, while it lasts and its account counts. */
  async find(secret: string): Promise<{ session: SessionRow; account: AccountRow } | undefined> {
    const found = await findSession(this.db, secretHash(secret));
    if (found === undefined || found.account.state !== 'active') return undefined;
    const now = this.clock();
    const { created_at: begun, seen_at: seen, hash } = found.session;
    if (now.getTime() - begun.getTime() >= this.limits.lifeMs || now.getTime() - seen.getTime() >= this.limits.idleMs) return undefined;
    if (now.getTime() - seen.getTime() >= TOUCH_EVERY_MS) await touchSession(this.db, hash, now);
    return found;
  }

  async end(tx: Database, secret: string): Promise<void> {
    await dropSession(tx, secretHash(secret));
  }
}
