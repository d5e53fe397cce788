import type { EntryKind, LedgerFiles } from '@consilium/ledger';

/** Who counts what happens to the ledgers of a site. It changes nothing. */
export interface LedgerObserver {
  /** A ledger has passed its start-up check: every entry, signature and price of it holds. */
  readonly verified: (at: Date) => void;
  /** An entry is on disk. */
  readonly written: (kind: EntryKind) => void;
  /** How long the disk took to say so, seconds. */
  readonly synced: (seconds: number) => void;
}

/** The same files, with each fsync of a ledger's lines timed. */
export function watchedFiles(files: LedgerFiles, observer: Pick<LedgerObserver, 'synced'> | undefined): LedgerFiles {
  if (observer === undefined) return files;
  return {
    ...files,
    open: async (path) => {
      const file = await files.open(path);
      const sync = async (): Promise<void> => {
        const begun = performance.now();
        await file.sync();
        observer.synced((performance.now() - begun) / 1_000);
      };
      return { ...file, sync };
    },
  };
}
