import { z } from 'zod';

/**
 * What an API token may be used for, `area:read` or `area:write`: the area is the part of the API behind `/api/v1/`
 * (`studies`, `sites`, `budgets` …), or `*` for all. It narrows what the roles of its owner allow, and never widens it.
 */
export const Scope = z.string().regex(/^(\*|[a-z][a-z-]{0,30}):(read|write)$/, 'area:read or area:write, such as studies:read or *:read');
export type Scope = z.infer<typeof Scope>;

/** The scope that a route needs. @param route - its pattern, such as `/api/v1/studies/:id` */
export function scopeOf(route: string, changes: boolean): Scope {
  const [, area = 'other'] = /^\/(?:api\/v1\/)?([a-z-]+)/.exec(route) ?? [];
  return `${area}:${changes ? 'write' : 'read'}`;
}

/** Whether scopes cover one: the right to write an area covers reading it. */
export function covers(scopes: readonly Scope[], needed: Scope): boolean {
  const [area, right] = needed.split(':');
  return scopes.some((scope) => {
    const [givenArea, givenRight] = scope.split(':');
    return (givenArea === '*' || givenArea === area) && (givenRight === right || givenRight === 'write');
  });
}
