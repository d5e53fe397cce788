import { applyDecorators, SetMetadata, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from './role.js';

/** Who may call a route. */
export type Rule =
  | { readonly who: 'anybody' }
  /** Anybody with an account that counts; `session`: in a browser's session only, never with a token. */
  | { readonly who: 'account'; readonly session: boolean }
  /** `whole`: only where the role is not bound to sites. */
  | { readonly who: 'roles'; readonly roles: readonly Role[]; readonly whole: boolean };

const RULE = 'consilium:rule';
const HARMLESS = 'consilium:changes-nothing';
const PRESSING = 'consilium:guessable';
const KEEPS = 'consilium:keeps-to-reach';

/** The roles that may call a route, or all routes of a controller. A route without a rule is refused to everybody. */
export const Permit = (...roles: [Role, ...Role[]]) => SetMetadata(RULE, { who: 'roles', roles, whole: false } satisfies Rule);

/** As {@link Permit}, and only for those who are not bound to single sites: what cannot be cut by site. */
export const PermitWhole = (...roles: [Role, ...Role[]]) => SetMetadata(RULE, { who: 'roles', roles, whole: true } satisfies Rule);

/** Marks what anybody may call: it says nothing about sites, studies or people. */
export const OpenToAnybody = () => SetMetadata(RULE, { who: 'anybody' } satisfies Rule);

/** A route for everybody who is signed in, whatever the role: one's own account, and what belongs to the program. */
export const SignedIn = () => SetMetadata(RULE, { who: 'account', session: false } satisfies Rule);

/** As {@link SignedIn}, in a session only: a token that was stolen cannot change how its owner signs in. */
export const SessionOnly = () => SetMetadata(RULE, { who: 'account', session: true } satisfies Rule);

/** A POST that changes nothing, such as a check: no audit entry, and a token needs the right to read only. */
export const ChangesNothing = () => SetMetadata(HARMLESS, true);

/** Marks a handler that keeps to the caller's reach by itself where nobody else can: a file that it makes or finds. */
export const KeepsToReach = () => SetMetadata(KEEPS, true);

/** A route where a secret could be guessed: open to anybody, few tries a minute. */
export const Guessable = () => applyDecorators(OpenToAnybody(), SetMetadata(PRESSING, true));

type Handler = ReturnType<import('@nestjs/common').ExecutionContext['getHandler']>;
const reflector = new Reflector();

/** @returns undefined: nobody may */
export function ruleOf(handler: Handler, controller: Type): Rule | undefined {
  return reflector.getAllAndOverride<Rule | undefined>(RULE, [handler, controller]);
}

export function changesNothing(handler: Handler): boolean {
  return reflector.get<boolean | undefined>(HARMLESS, handler) === true;
}

export function keepsToReach(handler: Handler): boolean {
  return reflector.get<boolean | undefined>(KEEPS, handler) === true;
}

export function isGuessable(handler: Handler): boolean {
  return reflector.get<boolean | undefined>(PRESSING, handler) === true;
}
