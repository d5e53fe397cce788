import { randomUUID } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import * as client from 'openid-client';
import type { Change } from '../../audit/index.js';
import {
  accountOfProvider,
  addAccount,
  addProviderFlow,
  changeAccount,
  findAccount,
  takeProviderFlow,
  type AccountRow,
  type Database,
} from '../../storage/index.js';
import { accountNotes, Email, PersonName } from '../people/account-view.js';
import { accountClosed, emailTaken } from '../people/account-refusals.js';
import { newSecret, secretHash } from '../secret-token.js';
import type { Sessions } from '../sign-in/sessions.js';
import type { ProviderConfig } from './provider-config.js';
import { rolesOfClaims } from './roles-of-claims.js';

const FLOW_MS = 10 * 60_000;
const REQUEST_S = 10;

export interface ProviderParts {
  readonly db: Database;
  readonly config: ProviderConfig;
  readonly sessions: Sessions;
  /** Where people reach the coordinator, without a slash at the end. */
  readonly publicUrl: () => string;
  readonly clock: () => Date;
}

/** A person as the provider describes them. */
interface Described {
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly sites: AccountRow['sites'];
}

/**
 * Sign-in at an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1;
 * RFC 9700 section 2.1). Whoever a rule gives a role gets an account at the first sign-in; roles are those of the last.
 */
export class ProviderSignIn {
  #discovered: Promise<client.Configuration> | undefined;

  constructor(private readonly parts: ProviderParts) {}

  get name(): string {
    return this.parts.config.name;
  }

  /**
   * Sends a browser to the provider.
   * @param returnTo - a path of the console
   * @returns where to, and a secret for a cookie of that browser: only it may bring the answer back
   * @throws ConsiliumError PROVIDER_UNREACHABLE
   */
  async begin(returnTo: string): Promise<{ readonly url: string; readonly browser: string }> {
    const { db, config, clock } = this.parts;
    const provider = await this.#provider();
    const [state, verifier, nonce, browser] = [newSecret(), client.randomPKCECodeVerifier(), client.randomNonce(), newSecret()];
    const expiresAt = new Date(clock().getTime() + FLOW_MS);
    await addProviderFlow(
      db,
      {
        state_hash: secretHash(state),
        browser_hash: secretHash(browser),
        verifier,
        nonce,
        return_to: localPath(returnTo),
        expires_at: expiresAt,
      },
      clock(),
    );
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: this.#callback(),
      scope: config.scopes.join(' '),
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, browser };
  }

  /**
   * The browser comes back.
   * @param query - of the callback's address, `?` included
   * @param browser - the secret of its cookie
   * @returns the secret of a new session, and where to go on
   * @throws ConsiliumError PROVIDER_REFUSED, PROVIDER_NO_ROLE, ACCOUNT_CLOSED, EMAIL_TAKEN, PROVIDER_UNREACHABLE
   */
  async finish(
    query: string,
    browser: string | undefined,
    before: string | undefined,
    change: Change,
  ): Promise<{ readonly session: string; readonly returnTo: string }> {
    const { db, sessions, clock } = this.parts;
    const address = new URL(this.#callback() + query);
    const state = address.searchParams.get('state') ?? '';
    const flow = await takeProviderFlow(db, secretHash(state));
    if (flow === undefined || flow.expires_at <= clock() || browser === undefined || secretHash(browser) !== flow.browser_hash)
      throw providerRefused('This sign-in was not begun in this browser, or took too long.');
    const person = await this.#describe(address, { state, nonce: flow.nonce, verifier: flow.verifier });
    const session = await change.inside(db, async (tx) => {
      const { row, before: was } = await this.#account(tx, person);
      await changeAccount(tx, row.id, { last_sign_in: clock() });
      return {
        result: await sessions.begin(tx, row.id, 'provider', before),
        notes: {
          subject: `account:${row.id}`,
          before: was === undefined ? null : accountNotes(was),
          after: accountNotes(row),
          by: { actor: row.email, actorId: row.id, via: 'provider' as const },
        },
      };
    });
    return { session, returnTo: flow.return_to };
  }

  async #describe(address: URL, flow: { state: string; nonce: string; verifier: string }): Promise<Described> {
    const { config } = this.parts;
    const provider = await this.#provider();
    let claims: Readonly<Record<string, unknown>> & { readonly sub: string };
    try {
      const tokens = await client.authorizationCodeGrant(provider, address, {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
      });
      const idToken = tokens.claims();
      if (idToken === undefined) throw new Error('no ID token');
      const more =
        provider.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(provider, tokens.access_token, idToken.sub);
      // What was signed for this sign-in counts before what was fetched.
      claims = { ...more, ...idToken };
    } catch (cause) {
      throw providerRefused('The provider did not vouch for this sign-in.', cause);
    }
    const { roles, sites } = rolesOfClaims(claims, config.roles);
    if (roles.length === 0) throw noRole();
    const email = Email.safeParse(claims['email']);
    if (!email.success || deniesAddress(claims)) throw providerRefused('The provider gives no e-mail address that it has checked.');
    const name = PersonName.safeParse(claims['name']);
    const subject = `${provider.serverMetadata().issuer} ${claims.sub}`;
    return { subject, email: email.data, name: name.success ? name.data : email.data, roles, sites };
  }

  /** The account of a person, made at the first sign-in; known by issuer and subject, never by an e-mail address. */
  async #account(tx: Database, person: Described): Promise<{ row: AccountRow; before: AccountRow | undefined }> {
    const { subject, ...told } = person;
    const known = await accountOfProvider(tx, subject);
    if (known?.state === 'closed') throw accountClosed();
    const id = known?.id ?? randomUUID();
    if (known === undefined) {
      const added = await addAccount(tx, { id, ...told, state: 'active', password: null, providerSubject: subject }, this.parts.clock());
      if (!added) throw emailTaken();
    } else {
      const { email: _, ...rest } = told;
      await changeAccount(tx, id, rest);
    }
    const row = await findAccount(tx, id);
    if (row === undefined) throw new Error('an account that was just written is gone');
    return { row, before: known };
  }

  /** What the provider says of itself; asked once it is needed, and again after it could not be reached. */
  async #provider(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.parts.config;
    const method = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
    const execute = issuer.startsWith('http://') ? [client.allowInsecureRequests] : [];
    this.#discovered ??= client.discovery(new URL(issuer), clientId, undefined, method, { timeout: REQUEST_S, execute });
    try {
      return await this.#discovered;
    } catch (cause) {
      this.#discovered = undefined;
      throw new ConsiliumError({
        code: 'PROVIDER_UNREACHABLE',
        errorClass: 'unreachable',
        message: `${this.name} cannot be reached, or does not describe itself.`,
        fix: 'Try again; an admin checks oidc.issuer in coordinator.yaml.',
        cause,
      });
    }
  }

  #callback(): string {
    return `${this.parts.publicUrl()}/api/v1/session/oidc/callback`;
  }
}

/** Some providers say `"false"` as a text; one that says nothing lets nobody choose an address (OpenID Connect Core 1.0 section 5.7). */
const deniesAddress = ({ email_verified: verified }: Readonly<Record<string, unknown>>): boolean =>
  verified !== undefined && verified !== true && verified !== 'true';

/** Only a path of this console: never a way to somewhere else. */
function localPath(text: string): string {
  return /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(text) ? text : '/';
}

const providerRefused = (message: string, cause?: unknown) =>
  new ConsiliumError({ code: 'PROVIDER_REFUSED', errorClass: 'forbidden', message, fix: 'Begin again at the sign-in page.', cause });

const noRole = () =>
  new ConsiliumError({
    code: 'PROVIDER_NO_ROLE',
    errorClass: 'forbidden',
    message: 'The provider knows you, and nothing that it says of you gives a role here.',
    fix: 'Ask an admin of the consortium: rules of oidc.roles in coordinator.yaml, or a group at the provider.',
  });
