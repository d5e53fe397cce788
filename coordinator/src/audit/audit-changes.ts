import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { ConsiliumError } from '@consilium/protocol';
import { catchError, concatMap, from, switchMap, type Observable } from 'rxjs';
import { auditRuleOf } from './audited.js';
import { Change } from './change.js';
import type { AuditLog } from './audit-log.js';

/** What the interceptor must be told of a request; the access module knows. */
export interface AuditedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly route?: { readonly path?: unknown };
  readonly params?: Readonly<Record<string, string | undefined>>;
  readonly ip?: string | undefined;
  readonly actor?: { readonly id: string; readonly email: string | null; readonly via: 'session' | 'token' | 'admin-token' };
  change?: Change;
}

export interface AuditChangesOptions {
  readonly log: AuditLog;
  readonly requestId: (request: AuditedRequest) => string;
  /** Whether a handler is declared to change nothing, though its method would. */
  readonly harmless: (handler: ReturnType<ExecutionContext['getHandler']>) => boolean;
  /** What stands behind an error that a handler threw. */
  readonly toError: (thrown: unknown) => ConsiliumError;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * No change without its entry: every route that changes something is recorded before its handler runs and after, or by
 * the handler in the transaction of the change. A request whose entry cannot be written is refused and nothing is done;
 * where only the outcome cannot be written, the answer says so and the entry before stays.
 */
export class AuditChanges implements NestInterceptor {
  constructor(private readonly options: AuditChangesOptions) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AuditedRequest>();
    const handler = context.getHandler();
    const rule = auditRuleOf(handler);
    if ((rule === undefined && SAFE.has(request.method)) || this.options.harmless(handler)) return next.handle();
    const change = this.#changeOf(request, rule?.action);
    request.change = change;
    if (rule?.inside === true) return next.handle().pipe(concatMap(async (answer: unknown) => requireRecorded(change, answer)));
    await change.write('begun');
    return next.handle().pipe(
      concatMap(async (answer: unknown) => {
        await change.write('done');
        return answer;
      }),
      catchError((thrown: unknown) => from(this.#ended(change, thrown)).pipe(switchMap(() => fail(thrown)))),
    );
  }

  #changeOf(request: AuditedRequest, action: string | undefined): Change {
    const { actor, route, params = {} } = request;
    const pattern = typeof route?.path === 'string' ? route.path : 'unknown';
    const subject = Object.entries(params).map(([name, value]) => `${name}:${plain(value ?? '')}`);
    return new Change(this.options.log, {
      actor: actor?.email ?? actor?.id ?? 'nobody',
      actorId: actor?.id ?? null,
      via: actor?.via ?? 'none',
      from: request.ip ?? null,
      action: action ?? `${request.method.toLowerCase()} ${pattern}`,
      subject: subject.join(' ') || 'consortium',
      before: null,
      after: null,
      requestId: this.options.requestId(request),
    });
  }

  async #ended(change: Change, thrown: unknown): Promise<void> {
    const error = this.options.toError(thrown);
    // The outcome itself could not be written: that is what the caller is told.
    if (error.code === 'AUDIT_UNAVAILABLE') return;
    await change.write(error.errorClass === 'failed' ? 'failed' : 'refused', error.code);
  }
}

function requireRecorded(change: Change, answer: unknown): unknown {
  if (!change.recorded) throw new Error('a handler that audits its own change has written no entry');
  return answer;
}

async function fail(thrown: unknown): Promise<never> {
  throw thrown;
}

/** What a caller sent, as the log may hold it. */
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '�')
    .slice(0, 200);
