import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { SiteName } from '@consilium/protocol';

/** What the guard has left at a request it let in. */
export interface CalledRequest {
  readonly actor?: { readonly id: string; readonly name: string; readonly reach?: 'all' | ReadonlySet<SiteName> };
}

/** Who calls, and whose sites' data they may see. */
export interface Caller {
  readonly id: string;
  /** As the record has it. */
  readonly name: string;
  readonly reach: 'all' | ReadonlySet<SiteName>;
}

/** The id that requests are remembered by; undefined for nobody. */
export const callerOf = ({ actor }: CalledRequest): string | undefined => actor?.id;

/** Gives a handler the {@link Caller} of its request. Only on routes that the guard lets nobody but known people to. */
export const CalledBy = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { actor } = context.switchToHttp().getRequest<CalledRequest>();
  if (actor === undefined) throw new Error('a handler asks who calls it on a route that is open to anybody');
  return { reach: 'all', ...actor };
});

/** Whether somebody may see what belongs to a site. */
export const sees = ({ reach }: Pick<Caller, 'reach'>, site: SiteName): boolean => reach === 'all' || reach.has(site);
