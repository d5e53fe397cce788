import { Metadata, type CallOptions, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { fromGrpcError } from '@consilium/protocol/wire';

/** A unary method of a generated client. */
export type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

export interface CallLimits {
  /** Whole call, connecting included. Default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * One unary call, with a limit always.
 * @throws ConsiliumError what the coordinator answered, or COORDINATOR_UNREACHABLE
 */
export function call<Request, Response>(
  method: UnaryMethod<Request, Response>,
  request: Request,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallLimits = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const running = method(request, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, response) => {
      signal?.removeEventListener('abort', cancel);
      if (error === null) resolve(response);
      else reject(signal?.aborted === true ? (signal.reason as Error) : fromGrpcError(error));
    });
    const cancel = () => running.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
}
