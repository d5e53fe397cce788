import { readIdentityKey } from '@consilium/identity';
import { emptyFold, foldLines, type LedgerFold } from '@consilium/ledger';
import { ConsiliumError, type SiteName } from '@consilium/protocol';

/** Lines that were checked when they came, as a fold. @throws ConsiliumError LEDGER_INVALID where the tables were changed */
export function foldStored(lines: readonly Uint8Array[], keys: ReadonlyMap<SiteName, readonly Uint8Array[]>): LedgerFold {
  const fold = emptyFold();
  const stop = foldLines(fold, lines, { keysOf: (site) => keys.get(site as SiteName) ?? [], readKey: readIdentityKey });
  if (stop === undefined) return fold;
  throw new ConsiliumError({
    code: 'LEDGER_INVALID',
    errorClass: 'verification',
    message: `Entry ${stop.index} of a mirrored ledger is not what its site sent: the database was changed.`,
    fix: 'Restore the database; the site sends again what is missing.',
  });
}
