import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { SiteName } from '@consilium/protocol';

/** What the guard has left at a request it let in. */
export interface CalledRequest {
  readonly actor?: { readonly id: string; readonly name: string; readonly reach?: 'all' | ReadonlySet<SiteName> };
}

/** Until accounts exist, everybody who has the token is this. */
const ADMIN = { id: 'admin-token', name: 'admin' } as const;

/** Who calls, and whose sites' data they may see. */
export interface Caller {
  readonly id: string;
  /** As the record has it. */
  readonly name: string;
  readonly reach: 'all' | ReadonlySet<SiteName>;
}

const calling = ({ actor = ADMIN }: CalledRequest): Caller => ({ reach: 'all', ...actor });

/** The id that requests are remembered by; undefined for nobody. */
export const callerOf = (request: CalledRequest): string | undefined => calling(request).id;

/** Gives a handler the {@link Caller} of its request. */
export const CalledBy = createParamDecorator((_: unknown, context: ExecutionContext): Caller =>
  calling(context.switchToHttp().getRequest<CalledRequest>()),
);

/** Whether somebody may see what belongs to a site. */
export const sees = ({ reach }: Pick<Caller, 'reach'>, site: SiteName): boolean => reach === 'all' || reach.has(site);
