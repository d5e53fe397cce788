import { ConsiliumError } from '@consilium/protocol';

/** One answer for every way in which an opened sum can be wrong: nobody learns why a decryption failed (PROTOCOL.md section 1). */
export function sumCheckFailed(): ConsiliumError {
  return new ConsiliumError({
    code: 'SUM_CHECK',
    errorClass: 'verification',
    message: 'The decrypted sum did not pass its check.',
    fix: 'The round is repeated; the state has not changed.',
  });
}
