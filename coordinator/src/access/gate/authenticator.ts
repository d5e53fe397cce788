import type { SessionRow } from '../../storage/index.js';
import { MACHINE, type AdminToken } from '../admin-token.js';
import { rolesOf } from '../people/account-view.js';
import type { Actor } from '../permission/actor.js';
import { API_TOKEN_PREFIX, type ApiTokens } from '../sign-in/api-tokens.js';
import { cookieOf, SESSION_COOKIE } from '../sign-in/session-cookie.js';
import type { Sessions } from '../sign-in/sessions.js';
import type { AccountRow } from '../../storage/index.js';

/** Who a request is from; what of it may be touched is decided by route. */
export interface Identity {
  readonly actor: Omit<Actor, 'reach'>;
  /** Where the request came in a browser's session. */
  readonly session?: { readonly secret: string; readonly row: SessionRow; readonly account: AccountRow };
}

interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Finds out who calls: by a Bearer token (the machine's, or a person's), else by the session cookie. */
export class Authenticator {
  constructor(
    private readonly adminToken: AdminToken,
    private readonly tokens: ApiTokens,
    private readonly sessions: Sessions,
  ) {}

  /** @returns undefined for nobody, and for a credential that does not count */
  async identify(request: Request): Promise<Identity | undefined> {
    const header = request.headers['authorization'];
    if (header !== undefined) {
      const [, token] = /^Bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [];
      return token === undefined ? undefined : this.#byToken(token);
    }
    const secret = cookieOf(request, SESSION_COOKIE);
    const found = secret === undefined ? undefined : await this.sessions.find(secret);
    if (secret === undefined || found === undefined) return undefined;
    return { actor: actorOf(found.account, 'session'), session: { secret, row: found.session, account: found.account } };
  }

  async #byToken(token: string): Promise<Identity | undefined> {
    if (this.adminToken.matches(token)) return { actor: MACHINE };
    const found = token.startsWith(API_TOKEN_PREFIX) ? await this.tokens.find(token) : undefined;
    if (found === undefined) return undefined;
    const { scopes, expires_at: expiresAt } = found.token;
    return { actor: { ...actorOf(found.account, 'token'), token: { scopes, expiresAt } } };
  }
}

function actorOf(account: AccountRow, via: 'session' | 'token'): Omit<Actor, 'reach'> {
  const { id, name, email, sites } = account;
  return { id, name, email, roles: rolesOf(account), sites, via, token: null };
}
