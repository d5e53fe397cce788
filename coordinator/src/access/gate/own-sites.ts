import { StreamableFile, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import type { Actor } from '../permission/actor.js';
import { keepsToReach } from '../permission/permit.js';
import { reaches, type Reach } from '../permission/reach.js';
import { notPermitted } from '../refusals.js';

/** Members whose strings are names of sites. */
const LISTS_OF_SITES = new Set([
  'sites',
  'approvals',
  'participants',
  'contributors',
  'faulty',
  'outOfStep',
  'waitingFor',
  'missing',
  'lost',
  'late',
]);

/** Members that are the name of one site. */
const NAMES_OF_SITES = new Set(['steward']);

/**
 * What somebody who is bound to sites may see of an answer: elements of lists that tell of another site (by a member
 * `site`, of their own or of an object in them) are left out, and so are names of other sites in lists of names. A single
 * object or name of another site becomes null. What tells of no site is left as it is.
 */
export function withinReach(answer: unknown, reach: Reach): unknown {
  return reach === 'all' ? answer : cut(answer, reach, '');
}

function cut(value: unknown, reach: Reach, name: string): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item: unknown) =>
      typeof item === 'string' ? !LISTS_OF_SITES.has(name) || reaches(reach, item) : !tellsOfAnother(item, reach),
    );
    return kept.map((item) => cut(item, reach, ''));
  }
  if (!isPlain(value)) return value;
  const isAnothers = (key: string, member: unknown): boolean =>
    typeof member === 'string' ? NAMES_OF_SITES.has(key) && !reaches(reach, member) : tellsOfAnother(member, reach);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, isAnothers(key, member) ? null : cut(member, reach, key)]));
}

function tellsOfAnother(value: unknown, reach: Reach): boolean {
  if (!isPlain(value)) return false;
  if (typeof value['site'] === 'string' && !reaches(reach, value['site'])) return true;
  return Object.values(value).some((member) => isPlain(member) && tellsOfAnother(member, reach));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Cuts every answer to what the caller reaches, whichever route it is of: a list that a route hands over whole holds no
 * other site's part. A file cannot be cut: it is of the site in its path, which the gate has looked at, or its handler keeps
 * to the reach by itself ({@link KeepsToReach}), or it is not handed over.
 */
export class OwnSites implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<{ readonly actor?: Actor; readonly params?: Readonly<Record<string, unknown>> }>();
    const reach = request.actor?.reach ?? 'all';
    if (reach === 'all') return next.handle();
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof StreamableFile)) return withinReach(answer, reach);
        if (typeof request.params?.['site'] === 'string' || keepsToReach(context.getHandler())) return answer;
        throw notPermitted('Your account is bound to single sites, and this file tells of more.');
      }),
    );
  }
}
