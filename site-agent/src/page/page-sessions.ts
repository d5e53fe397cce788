import { createHash, randomBytes } from 'node:crypto';

const BYTES = 32;
/** After so long without a click, and in any case, a new link is needed. */
const IDLE_MS = 30 * 60_000;
const LONGEST_MS = 8 * 3_600_000;
/** Nobody needs more browsers than these. */
const MOST = 16;

/** Somebody who has opened the page with a link. Kept in memory only: it ends with the agent. */
export interface PageSession {
  /** What every form has to carry. */
  readonly csrf: string;
  readonly beganAt: number;
  usedAt: number;
  /** Said once, on the next page. */
  notice: string | undefined;
}

/** Who is signed in, by the hash of what their cookie says. */
export class PageSessions {
  readonly #sessions = new Map<string, PageSession>();

  constructor(private readonly now: () => number = Date.now) {}

  /** @returns what the cookie says */
  begin(): string {
    const secret = randomBytes(BYTES).toString('base64url');
    const now = this.now();
    for (const oldest of [...this.#sessions.keys()].slice(0, Math.max(0, this.#sessions.size + 1 - MOST))) this.#sessions.delete(oldest);
    this.#sessions.set(hashOf(secret), { csrf: randomBytes(BYTES).toString('base64url'), beganAt: now, usedAt: now, notice: undefined });
    return secret;
  }

  find(secret: string | undefined): PageSession | undefined {
    const session = secret === undefined ? undefined : this.#sessions.get(hashOf(secret));
    if (secret === undefined || session === undefined) return undefined;
    const now = this.now();
    if (now - session.usedAt > IDLE_MS || now - session.beganAt > LONGEST_MS) {
      this.end(secret);
      return undefined;
    }
    session.usedAt = now;
    return session;
  }

  end(secret: string | undefined): void {
    if (secret !== undefined) this.#sessions.delete(hashOf(secret));
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex');
