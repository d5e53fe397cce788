/** What an error of the driver says of the database as a whole, whatever was asked of it. */
export type DatabaseTrouble = 'full' | 'away';

/** disk_full; and the system's word where the server hands it on. */
const FULL = new Set(['53100', 'ENOSPC']);
/** Ending, crashed, starting up again; no connection. */
const AWAY = new Set(['57P01', '57P02', '57P03', '08006', '08001', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** @returns nothing for an error that is about the statement alone */
export function databaseTrouble(error: unknown): DatabaseTrouble | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (FULL.has(code)) return 'full';
    if (AWAY.has(code) || cause.message.startsWith('Connection terminated')) return 'away';
  }
  return undefined;
}
