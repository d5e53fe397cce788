import { AuditLog } from '../audit/index.js';
import type { Database } from '../storage/index.js';
import type { AdminToken } from './admin-token.js';
import { Authenticator } from './gate/authenticator.js';
import { DEFAULT_LIMITS, RateLimits, type Limits } from './gate/rate-limits.js';
import type { ProviderConfig } from './oidc/provider-config.js';
import { ProviderSignIn } from './oidc/provider-sign-in.js';
import { Accounts } from './people/accounts.js';
import { PasswordHasher, RFC_9106, type PasswordCost } from './people/password-hash.js';
import { ApiTokens } from './sign-in/api-tokens.js';
import { OwnAccount } from './sign-in/own-account.js';
import type { SecretBox } from './sign-in/secret-box.js';
import { Sessions, type SessionLimits } from './sign-in/sessions.js';
import { SignIn } from './sign-in/sign-in.js';

const HOUR_MS = 3_600_000;

export const DEFAULT_SESSIONS: SessionLimits = { idleMs: HOUR_MS, lifeMs: 12 * HOUR_MS };

export interface AccessOptions {
  readonly db: Database;
  readonly consortium: string;
  readonly adminToken: AdminToken;
  readonly secrets: SecretBox;
  readonly clock: () => Date;
  /** Where people reach the coordinator, without a slash at the end. */
  readonly publicUrl: () => string;
  readonly provider?: ProviderConfig | undefined;
  readonly sessions?: SessionLimits | undefined;
  readonly limits?: Limits | undefined;
  readonly passwordCost?: PasswordCost | undefined;
  /** Told of each audit entry: metrics. */
  readonly audited: (action: string) => void;
}

/** Everything about who may do what, put together: one object for the process. */
export class Access {
  readonly audit: AuditLog;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly own: OwnAccount;
  readonly tokens: ApiTokens;
  /** Where the consortium has one. */
  readonly provider: ProviderSignIn | undefined;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;

  /** Seals what lies in the database and must not be read from there. */
  readonly secrets: SecretBox;

  constructor(readonly options: AccessOptions) {
    const { db, adminToken, secrets, clock, provider, publicUrl } = options;
    this.secrets = secrets;
    this.audit = new AuditLog({ db, clock, counted: options.audited });
    const passwords = new PasswordHasher(options.passwordCost ?? RFC_9106);
    this.accounts = new Accounts(db, passwords, clock);
    this.sessions = new Sessions(db, options.sessions ?? DEFAULT_SESSIONS, clock);
    const parts = { db, passwords, sessions: this.sessions, secrets, clock };
    this.signIn = new SignIn(parts);
    this.own = new OwnAccount(parts, options.consortium);
    this.tokens = new ApiTokens(db, clock);
    this.provider = provider && new ProviderSignIn({ db, config: provider, sessions: this.sessions, publicUrl, clock });
    this.authenticator = new Authenticator(adminToken, this.tokens, this.sessions);
    this.limits = new RateLimits(options.limits ?? DEFAULT_LIMITS);
  }

  /** People come over https, by what the configuration says; a request that came through TLS says so itself. */
  get tls(): boolean {
    return this.options.publicUrl().startsWith('https://');
  }

  /** The one-time address for the first admin; undefined once somebody has an account. */
  async setupLink(): Promise<string | undefined> {
    const token = await this.accounts.setupSecret();
    return token === undefined ? undefined : `${this.options.publicUrl()}/setup#token=${token}`;
  }

  welcomeLink(token: string): string {
    return `${this.options.publicUrl()}/welcome#token=${token}`;
  }
}
