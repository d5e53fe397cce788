import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Change } from './change.js';

export interface AuditRule {
  /** Such as `study.launch`. */
  readonly action: string;
  /** The entry is written by the handler, in the transaction of the change ({@link Change.inside}). */
  readonly inside: boolean;
}

const AUDITED = 'consilium:audited';
const reflector = new Reflector();

/**
 * Names what a route does. Without it a route that changes something is audited all the same, under its method and
 * pattern: an entry before the handler runs, and one with the outcome after.
 */
export const Audited = (action: string) => SetMetadata(AUDITED, { action, inside: false } satisfies AuditRule);

/** The handler writes the entry itself, in one transaction with the change: it must call {@link Change.inside}. */
export const AuditedInside = (action: string) => SetMetadata(AUDITED, { action, inside: true } satisfies AuditRule);

export function auditRuleOf(handler: ReturnType<ExecutionContext['getHandler']>): AuditRule | undefined {
  return reflector.get<AuditRule | undefined>(AUDITED, handler);
}

/** Gives a handler the {@link Change} of its request, to say more of it. */
export const TheChange = createParamDecorator((_: unknown, context: ExecutionContext): Change => {
  const { change } = context.switchToHttp().getRequest<{ readonly change?: Change }>();
  if (change === undefined) throw new Error('a handler asks for a change on a route that is not audited');
  return change;
});
