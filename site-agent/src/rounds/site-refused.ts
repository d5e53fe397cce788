import { CohortRefused } from '@consilium/cohort';
import {
  ConsiliumError,
  explainRefusal,
  parseRefusal,
  REFUSAL_FIELDS,
  type ErrorClass,
  type RefusalCode,
  type SiteRefusal,
} from '@consilium/protocol';

/** A decision or failure whose code and fields may leave the site. */
export class SiteRefused extends ConsiliumError {
  readonly refusal: SiteRefusal;

  constructor(refusal: SiteRefusal, errorClass: ErrorClass = 'refused', cause?: unknown) {
    const { what, fix } = explainRefusal(refusal);
    super({ code: refusal.code, errorClass, message: what, fix, cause });
    this.refusal = refusal;
  }
}

/** @param fields - those that the code declares, and no others */
export function siteRefused(code: RefusalCode, fields: Readonly<Record<string, string>> = {}, cause?: unknown): SiteRefused {
  return new SiteRefused({ code, fields }, 'refused', cause);
}

/** Codes that say an error happened, not that somebody decided. */
const FAILURES: ReadonlySet<RefusalCode> = new Set([
  'DATA_UNREADABLE',
  'RESOURCES',
  'ENGINE_UNSUPPORTED',
  'KEY_EPOCH',
  'SUM_CHECK',
  'OUT_OF_STEP',
  'SHARE_MISSING',
  'SHARE_INVALID',
  'PROOFS_NEEDED',
  'RESERVE_EVIDENCE',
  'STATE_RESTORED',
  'WITNESSES',
  'LEDGER_INVALID',
  'LEDGER_ROLLED_BACK',
  'WITNESS_QUORUM',
  'TOO_LATE',
  'NOT_FINITE',
  'TRAINING_KILLED',
  'DISK_FULL',
  'INTERNAL',
]);

export function isFailure(code: RefusalCode): boolean {
  return FAILURES.has(code);
}

/**
 * What may leave the site of an error: a code of the list with its fields, and INTERNAL for everything that the list
 * does not know. The detail stays here, in an incident.
 */
export function refusalOf(error: unknown): SiteRefusal {
  if (error instanceof CohortRefused) {
    const [first] = error.refused;
    return parseRefusal(error.code, { column: first?.column ?? '', expected: first?.expected ?? '' });
  }
  if (isDiskFull(error)) return parseRefusal('DISK_FULL', {});
  if (!(error instanceof ConsiliumError)) return parseRefusal('INTERNAL', {});
  const carried = (error as { readonly refusal?: SiteRefusal }).refusal;
  if (carried) return parseRefusal(carried.code, carried.fields);
  const declared: object = (REFUSAL_FIELDS as Record<string, object>)[error.code] ?? { unknown: true };
  // A code with fields needs an error that carries them.
  return Object.keys(declared).length === 0 ? parseRefusal(error.code, {}) : parseRefusal('INTERNAL', {});
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  const SQLITE_FULL = 13;
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_FULL || isDiskFull(error.cause);
}
