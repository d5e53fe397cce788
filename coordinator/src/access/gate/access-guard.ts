import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ConsiliumError } from '@consilium/protocol';
import { networkOf } from '../network-of.js';
import type { Actor } from '../permission/actor.js';
import { changesNothing, isGuessable, ruleOf, type Rule } from '../permission/permit.js';
import { reaches, reachOf, type Reach } from '../permission/reach.js';
import { covers, scopeOf } from '../permission/scope.js';
import { notPermitted, notSignedIn } from '../refusals.js';
import { csrfMatches } from '../sign-in/session-cookie.js';
import type { Authenticator, Identity } from './authenticator.js';
import type { RateLimits } from './rate-limits.js';

/** A request as the gate sees it, and what it leaves on it. */
export interface GatedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string | undefined;
  readonly route?: { readonly path?: unknown };
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  actor?: Actor;
  session?: Identity['session'] | undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The gate before every route: who calls, whether the rule of the route lets them in, how far they reach. What has no
 * rule is refused to everybody.
 */
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<GatedRequest>();
    const handler = context.getHandler();
    const rule = ruleOf(handler, context.getClass());
    if (rule?.who === 'anybody') {
      if (isGuessable(handler)) await this.limits.take('guesses', networkOf(request.ip ?? 'unknown'));
      return true;
    }
    const identity = await this.authenticator.identify(request);
    if (identity === undefined) {
      await this.limits.take('strangers', networkOf(request.ip ?? 'unknown'));
      throw notSignedIn();
    }
    // The machine's own credential is not throttled: whoever reads the state directory can do worse.
    if (identity.actor.via !== 'admin-token') await this.limits.take('perActor', identity.actor.id);
    const changes = !SAFE.has(request.method);
    if (identity.session !== undefined && changes && !csrfMatches(request, identity.session.secret)) throw csrfMissing();
    const route = typeof request.route?.path === 'string' ? request.route.path : '';
    requireScope(identity, scopeOf(route, changes && !changesNothing(handler)));
    request.actor = { ...identity.actor, reach: reachUnder(rule, identity, request, route) };
    request.session = identity.session;
    return true;
  }
}

function requireScope({ actor }: Identity, needed: string): void {
  if (actor.token !== null && !covers(actor.token.scopes, needed))
    throw notPermitted(`This token does not have the scope ${needed}.`, `Make one that has it: consilium token create --scope ${needed}.`);
}

/** @throws ConsiliumError NOT_PERMITTED */
function reachUnder(rule: Rule | undefined, { actor, session }: Identity, request: GatedRequest, route: string): Reach {
  if (rule?.who === 'account') {
    if (rule.session && session === undefined) throw notPermitted('This is done in a session only.', 'Sign in, in the console.');
    return reachOf(actor, ['researcher', 'site-it', 'compliance', 'admin']) ?? new Set();
  }
  const reach = rule?.who === 'roles' ? reachOf(actor, rule.roles) : undefined;
  if (rule?.who !== 'roles' || reach === undefined) throw notPermitted('Your roles do not include this.');
  if (rule.whole && reach !== 'all') throw notPermitted('This is about the whole consortium, and your account is bound to single sites.');
  if (!sitesNamed(request, route).every((site) => reaches(reach, site))) throw notPermitted('Your account is not for this site.');
  return reach;
}

/** Every site that a request names: as `site` in its path, query or body, and as the name of a path below `sites`. */
function sitesNamed({ params = {}, query = {}, body }: GatedRequest, route: string): readonly string[] {
  const inBody = typeof body === 'object' && body !== null && 'site' in body ? body.site : undefined;
  const inPath = /^\/api\/v1\/sites\/:name(\/|$)/.test(route) ? params['name'] : undefined;
  return [params['site'], inPath, query['site'], inBody].flat().filter((site) => typeof site === 'string');
}

const csrfMissing = () =>
  new ConsiliumError({
    code: 'CSRF_MISSING',
    errorClass: 'forbidden',
    message: 'The request does not prove that it comes from the page that is signed in.',
    fix: 'Send the csrf value of GET /api/v1/session as the header X-Consilium-Csrf.',
  });
