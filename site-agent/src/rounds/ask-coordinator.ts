import { ConsiliumError } from '@consilium/protocol';
import { fromGrpcError } from '@consilium/protocol/wire';
import { call, type UnaryMethod } from '../connection/index.js';

/**
 * The coordinator answered no, or not at all. It knows the reason itself: a site never reports it as a refusal of its
 * own, it tries again while its assignment stands.
 */
export class CoordinatorAnswer extends ConsiliumError {}

/** @param error - what a call ended with */
export function coordinatorAnswer(error: unknown): CoordinatorAnswer {
  if (error instanceof CoordinatorAnswer) return error;
  const { code, errorClass, message, fix } = fromGrpcError(error);
  return new CoordinatorAnswer({ code, errorClass, message, fix, cause: error });
}

/** One unary call. @throws CoordinatorAnswer */
export async function ask<Request, Response>(
  method: UnaryMethod<Request, Response>,
  request: Request,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await call(method, request, { signal });
  } catch (error) {
    throw coordinatorAnswer(error);
  }
}
