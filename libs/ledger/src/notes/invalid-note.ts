import { ConsiliumError } from '@consilium/protocol';

/** @param why - completes "This checkpoint …" */
export function invalidNote(why: string): ConsiliumError {
  return new ConsiliumError({
    code: 'NOTE_INVALID',
    errorClass: 'verification',
    message: `This checkpoint ${why}.`,
    fix: 'Fetch it again (consilium-site ledger head), and compare the eight words with the site by phone.',
  });
}
