import type { ConsiliumError, ErrorClass } from '@consilium/protocol';
import { knownError } from '../cli/outcome.js';

const STATUS: Readonly<Record<ErrorClass, number>> = {
  failed: 500,
  usage: 400,
  unreachable: 502,
  forbidden: 403,
  refused: 409,
  verification: 409,
  timeout: 504,
};

/** Any error as a page says it. */
export function pageError(error: unknown): { readonly error: ConsiliumError; readonly status: number } {
  const known = knownError(error);
  return { error: known, status: STATUS[known.errorClass] };
}
