import { HttpException } from '@nestjs/common';
import { ConsiliumError, type ErrorClass } from '@consilium/protocol';
import { databaseTrouble } from '../storage/index.js';
import type { ProblemDetails } from './problem-details.js';

const STATUS: Record<ErrorClass, number> = {
  failed: 500,
  usage: 400,
  unreachable: 503,
  forbidden: 403,
  refused: 409,
  verification: 422,
  timeout: 504,
};

/** Codes for which HTTP has a status of its own. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  SIGN_IN_REFUSED: 401,
  TOTP_NEEDED: 401,
  RATE_LIMITED: 429,
  LOCKED_OUT: 429,
  ACCOUNT_UNKNOWN: 404,
  API_TOKEN_UNKNOWN: 404,
  PROVIDER_NONE: 404,
  CHANGED_MEANWHILE: 412,
  DATABASE_FULL: 507,
  IDEMPOTENCY_MISMATCH: 422,
  INBOX_UNKNOWN: 404,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  SITE_UNKNOWN: 404,
  STREAMS_FULL: 503,
  STUDY_UNKNOWN: 404,
  LEDGER_UNKNOWN: 404,
  REPORT_UNKNOWN: 404,
  WEBHOOK_UNKNOWN: 404,
  TOO_LARGE: 413,
};

/** The error behind anything that was thrown. What is not ours says nothing of its cause. */
export function toConsiliumError(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError) return error;
  const status = isTextThatNobodyKeeps(error) ? 400 : httpStatus(error);
  const say = (code: string, message: string, fix: string, errorClass: ErrorClass = 'usage') =>
    new ConsiliumError({ code, errorClass, message, fix, cause: error });
  if (status === 404) return say('NOT_FOUND', 'There is nothing at this address.', 'The addresses are listed at /api/v1/openapi.json.');
  if (status === 405) return say('METHOD_NOT_ALLOWED', 'This method is not for this address.', 'See /api/v1/openapi.json.');
  if (status === 413) return say('TOO_LARGE', 'The request is larger than 1 MiB.', 'Send less at once.');
  if (status !== undefined && status >= 400 && status < 500)
    return say('INVALID_REQUEST', 'The request cannot be read.', 'Send JSON of the form that /api/v1/openapi.json describes.');
  const trouble = databaseTrouble(error);
  if (trouble === 'full')
    return say(
      'DATABASE_FULL',
      "The disk of the coordinator's database is full; nothing was changed.",
      "The coordinator's admin frees space there; it goes on by itself, or after one restart.",
      'failed',
    );
  if (trouble === 'away')
    return say(
      'DATABASE_UNREACHABLE',
      'The coordinator cannot reach its database.',
      'Try again in a moment. If it lasts, the coordinator is started again once its database has room and runs.',
      'unreachable',
    );
  return say('INTERNAL', 'The coordinator met an error of its own.', 'Look for the trace id in its log.', 'failed');
}

/** PostgreSQL has no NUL in a text (SQLSTATE 22021): no fault of the coordinator, and nothing was done. */
const isTextThatNobodyKeeps = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '22021';

/** Nest's own exceptions, and those of Express's body parser, carry a status. */
function httpStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

/** Where a code is explained, relative to the API's own address: a hospital reads it without the internet. */
export const problemPage = (code: string): string => `/api/v1/problems/${code}`;

export function problemDetails(error: ConsiliumError, traceId: string): ProblemDetails {
  return {
    type: problemPage(error.code),
    title: error.code.toLowerCase().replaceAll('_', ' '),
    status: STATUS_OF_CODE[error.code] ?? STATUS[error.errorClass],
    code: error.code,
    detail: error.message,
    fix: error.fix,
    errorClass: error.errorClass,
    errors: error.problems.map(({ path, detail, fix }) => ({
      pointer: pointerOf(path),
      detail,
      ...(fix === undefined ? {} : { fix }),
    })),
    traceId,
  };
}

/** A dotted path as a JSON pointer in a URI fragment; the whole document is `#`. */
export const pointerOf = (path: string): string => (path === '(top level)' ? '#' : `#/${path.split('.').map(escape).join('/')}`);

/** One step of a JSON pointer (RFC 6901). */
const escape = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
