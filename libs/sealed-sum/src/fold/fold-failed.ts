import { ConsiliumError } from '@consilium/protocol';

/** The fold itself could not be made; no upload is to blame. */
export function foldFailed(message: string, cause?: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'FOLD_FAILED',
    errorClass: 'failed',
    message,
    fix: "Look at the coordinator's memory and disk; the fold can be tried again with the same uploads.",
    cause,
  });
}
