import type { EventEmitter } from 'node:events';
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { SiteName } from '@consilium/protocol';
import { toGrpcError } from '@consilium/protocol/wire';
import type { Logger } from 'pino';
import type { OpenStreams } from './open-streams.js';
import { siteOfCall, type CertificateLookup } from './peer.js';

/** What every service needs to know of its surroundings. */
export interface CallContext {
  readonly lookup: CertificateLookup;
  readonly streams: OpenStreams;
  readonly log: Logger;
  /** One finished call, for the metrics. */
  readonly observed: (method: string, code: string, seconds: number) => void;
}

/** Runs one call: times it, and turns what it throws into a status; the cause stays in the coordinator's log. */
export async function observed<T>(context: CallContext, method: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    const result = await work();
    context.observed(method, 'OK', (performance.now() - start) / 1000);
    return result;
  } catch (error) {
    const answer = toGrpcError(error);
    const code = String(answer.metadata.get('consilium-code')[0]);
    context.observed(method, code, (performance.now() - start) / 1000);
    if (code === 'INTERNAL') context.log.error({ method, err: error }, 'a call failed');
    else context.log.warn({ method, code }, 'a call was refused');
    throw answer;
  }
}

/**
 * Ends a stream with a status. grpc-js sends one when the stream says that it has failed; a stream that is destroyed
 * says nothing more, and the other side would wait for ever.
 */
export function failCall(call: EventEmitter, error: unknown): void {
  call.emit('error', error);
}

/** A unary handler for an admitted site. */
export function forSite<Request, Response>(
  context: CallContext,
  method: string,
  work: (site: SiteName, request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return unary(context, method, async (call: ServerUnaryCall<Request, Response>) =>
    work(await siteOfCall(call, context.lookup), call.request),
  );
}

/** A unary handler for anybody, certificate or not. */
export function unary<Request, Response>(
  context: CallContext,
  method: string,
  work: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback: sendUnaryData<Response>) => {
    observed(context, method, () => work(call)).then(
      (response) => callback(null, response),
      (error: unknown) => callback(error as Parameters<typeof callback>[0]),
    );
  };
}
