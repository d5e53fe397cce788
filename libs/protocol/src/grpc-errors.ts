import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { z } from 'zod';
import { ConsiliumError, type ErrorClass } from './errors/consilium-error.js';

const STATUS: Record<ErrorClass, status> = {
  failed: status.INTERNAL,
  usage: status.INVALID_ARGUMENT,
  unreachable: status.UNAVAILABLE,
  forbidden: status.PERMISSION_DENIED,
  refused: status.FAILED_PRECONDITION,
  verification: status.DATA_LOSS,
  timeout: status.DEADLINE_EXCEEDED,
};

const CLASS = new Map(Object.entries(STATUS).map(([errorClass, code]) => [code, errorClass as ErrorClass]));

function asConsiliumError(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError) return error;
  if (error instanceof z.ZodError)
    return new ConsiliumError({
      code: 'MESSAGE_INVALID',
      errorClass: 'usage',
      message: `A field of the message is not valid: ${error.issues[0]?.message ?? 'wrong form'}.`,
      fix: 'Use versions of the agent and the coordinator that fit together.',
    });
  return new ConsiliumError({
    code: 'INTERNAL',
    errorClass: 'failed',
    message: 'The coordinator met an error of its own.',
    fix: "Ask the coordinator's admin to look at its log.",
  });
}

/** What a gRPC handler answers for an error. Anything unforeseen becomes INTERNAL and says nothing of its cause. */
export function toGrpcError(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata' | 'name' | 'message'> {
  const known = asConsiliumError(error);
  const metadata = new Metadata();
  metadata.set('consilium-code', known.code);
  metadata.set('consilium-fix', encodeURIComponent(known.fix));
  return { name: 'ServiceError', message: known.message, code: STATUS[known.errorClass], details: known.message, metadata };
}

/** How grpc-js says that a message failed before it was sent. */
const NOT_SENT = 'Request message serialization failure: ';

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}

/**
 * The ConsiliumError behind a failed call; a call that never arrived becomes COORDINATOR_UNREACHABLE, one that could
 * not even be put together NOT_SENT.
 */
export function fromGrpcError(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError) return error;
  if (!isServiceError(error))
    return new ConsiliumError({
      code: 'INTERNAL',
      errorClass: 'failed',
      message: 'The call failed.',
      fix: 'Look at the log.',
      cause: error,
    });
  const [code] = error.metadata.get('consilium-code');
  if (code !== undefined)
    return new ConsiliumError({
      code: String(code),
      errorClass: CLASS.get(error.code) ?? 'failed',
      message: error.details,
      fix: decodeURIComponent(String(error.metadata.get('consilium-fix')[0] ?? '')),
    });
  if (error.details.startsWith(NOT_SENT))
    return new ConsiliumError({
      code: 'NOT_SENT',
      errorClass: 'failed',
      message: `Nothing was sent: ${error.details.slice(NOT_SENT.length)}`,
      fix: 'Check the disk that holds the state.',
      cause: error,
    });
  return new ConsiliumError({
    code: error.code === status.UNAUTHENTICATED ? 'UNAUTHENTICATED' : 'COORDINATOR_UNREACHABLE',
    errorClass: error.code === status.UNAUTHENTICATED ? 'forbidden' : error.code === status.DEADLINE_EXCEEDED ? 'timeout' : 'unreachable',
    message:
      error.code === status.UNAUTHENTICATED
        ? 'The coordinator does not accept this certificate.'
        : `The coordinator cannot be reached (${status[error.code]}).`,
    fix:
      error.code === status.UNAUTHENTICATED
        ? "Ask the coordinator's admin whether this site is admitted."
        : 'Check the address, the network and that the coordinator runs.',
    cause: error,
  });
}
