import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { SiteName } from '@consilium/protocol';
import type { Reach } from './reach.js';
import type { Role } from './role.js';
import type { Scope } from './scope.js';

/** Who makes a request, once the guard has let it in. */
export interface Actor {
  /** Of the account; `admin-token` for the machine credential. */
  readonly id: string;
  /** As others read it: pass it on as `by`. */
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly sites: readonly SiteName[];
  readonly via: 'session' | 'token' | 'admin-token';
  /** What narrows a request that came with an API token. */
  readonly token: { readonly scopes: readonly Scope[]; readonly expiresAt: Date } | null;
  /** Which sites' data this request may touch: of the roles that its route permits. */
  readonly reach: Reach;
}

/** Gives a handler the {@link Actor} of its request. Only on routes that are not open to anybody. */
export const Actor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { actor } = context.switchToHttp().getRequest<{ readonly actor?: Actor }>();
  if (actor === undefined) throw new Error('a handler asks who calls it on a route that is open to anybody');
  return actor;
});
