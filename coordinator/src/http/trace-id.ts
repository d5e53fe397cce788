import { randomBytes } from 'node:crypto';

export interface TracedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  traceId?: string;
}

/** The caller's trace id (W3C Trace Context `traceparent`), or a new one: 32 hex digits, the same for the whole request. */
export function traceIdOf(request: TracedRequest): string {
  const header = request.headers['traceparent'];
  const [, given] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(typeof header === 'string' ? header : '') ?? [];
  request.traceId ??= given ?? randomBytes(16).toString('hex');
  return request.traceId;
}
