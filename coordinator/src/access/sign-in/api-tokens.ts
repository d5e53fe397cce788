import { randomUUID } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import {
  addApiToken,
  apiTokenOfId,
  dropApiToken,
  findApiToken,
  listApiTokens,
  touchApiToken,
  type AccountRow,
  type ApiTokenRow,
  type Database,
} from '../../storage/index.js';
import type { Changed } from '../people/accounts.js';
import type { Actor } from '../permission/actor.js';
import { covers, type Scope } from '../permission/scope.js';
import { notPermitted } from '../refusals.js';
import { newSecret, secretHash } from '../secret-token.js';
import type { ApiTokenView } from './api-token-view.js';

/** So that scanners of leaked secrets recognise one. */
export const API_TOKEN_PREFIX = 'consilium-token-';

const DAY_MS = 86_400_000;
const TOUCH_EVERY_MS = 60_000;

export interface TokenWish {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** 1 to 90. */
  readonly days: number;
}

/** Tokens for programs that act for a person: never more than the person may, and only for a while. */
export class ApiTokens {
  constructor(
    private readonly db: Database,
    private readonly clock: () => Date,
  ) {}

  /** The token and its owner, while both count. */
  async find(secret: string): Promise<{ token: ApiTokenRow; account: AccountRow } | undefined> {
    const found = await findApiToken(this.db, secretHash(secret));
    const now = this.clock();
    if (found === undefined || found.account.state !== 'active' || found.token.expires_at <= now) return undefined;
    const { used_at: used, id } = found.token;
    if (used === null || now.getTime() - used.getTime() >= TOUCH_EVERY_MS) await touchApiToken(this.db, id, now);
    return found;
  }

  /**
   * A token for the actor. One that was asked for with a token does not reach further, nor live longer, than that token.
   * @returns the secret, shown once
   * @throws ConsiliumError NOT_PERMITTED, ACCOUNT_NEEDED
   */
  async create(tx: Database, actor: Actor, { name, scopes, days }: TokenWish): Promise<Changed<ApiTokenView & { readonly token: string }>> {
    if (actor.email === null) throw accountNeeded();
    const now = this.clock();
    const expiresAt = new Date(now.getTime() + days * DAY_MS);
    if (actor.token !== null) {
      const { scopes: own, expiresAt: end } = actor.token;
      if (!scopes.every((scope) => covers(own, scope)) || expiresAt > end)
        throw notPermitted('A token cannot make one that may more, or lives longer, than itself.', 'Sign in, and make it there.');
    }
    const token = newSecret(API_TOKEN_PREFIX);
    const row = { id: randomUUID(), account: actor.id, name, hash: secretHash(token), scopes, created_at: now, expires_at: expiresAt };
    await addApiToken(tx, row);
    const view = tokenView({ ...row, used_at: null, owner: actor.email });
    return { result: { ...view, token }, notes: { subject: `token:${row.id}`, after: told(view) } };
  }

  /** One's own; an admin sees everybody's. */
  async list(actor: Actor): Promise<readonly ApiTokenView[]> {
    return (await listApiTokens(this.db, actor.roles.includes('admin') ? undefined : actor.id)).map(tokenView);
  }

  /** @throws ConsiliumError API_TOKEN_UNKNOWN, also for one of somebody else, which only an admin may end */
  async revoke(tx: Database, actor: Actor, id: string): Promise<Changed<undefined>> {
    const row = await apiTokenOfId(tx, id);
    if (row === undefined || (row.account !== actor.id && !actor.roles.includes('admin'))) throw tokenUnknown();
    await dropApiToken(tx, id);
    const before = { name: row.name, scopes: [...row.scopes], account: row.account };
    return { result: undefined, notes: { subject: `token:${id}`, before } };
  }
}

function tokenView(row: ApiTokenRow & { readonly owner: string }): ApiTokenView {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    scopes: [...row.scopes],
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.used_at?.toISOString() ?? null,
  };
}

const told = ({ name, scopes, expiresAt }: ApiTokenView) => ({ name, scopes, expiresAt });

const accountNeeded = () =>
  new ConsiliumError({
    code: 'ACCOUNT_NEEDED',
    errorClass: 'usage',
    message: 'An API token belongs to a person, and the admin token is none.',
    fix: 'Sign in: consilium login.',
  });

const tokenUnknown = () =>
  new ConsiliumError({
    code: 'API_TOKEN_UNKNOWN',
    errorClass: 'usage',
    message: 'There is no such API token of yours.',
    fix: 'List them: consilium token list.',
  });
