import { ConsiliumError } from '@consilium/protocol';

/** Nothing was written, or it was taken back: the ledger is as before. */
export function diskFull(cause: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'DISK_FULL',
    errorClass: 'failed',
    message: 'The disk has no space for another entry of the ledger. Nothing was reserved and nothing was spent.',
    fix: 'Free space under the state directory; the agent goes on by itself.',
    cause,
  });
}

/** What is on the disk is not known. */
export function ledgerBroken(cause: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'LEDGER_WRITE',
    errorClass: 'failed',
    message: 'The disk did not say whether it kept an entry of the ledger. This process uses the ledger no more.',
    fix: 'Look at the disk (dmesg, SMART), then start the agent again: it reads what is there and asks its witnesses.',
    cause,
  });
}

/** Whether the disk is full, or the user's share of it. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
