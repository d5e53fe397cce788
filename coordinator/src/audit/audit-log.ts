import { ConsiliumError } from '@consilium/protocol';
import {
  appendAuditRows,
  auditHead,
  auditRowsAfter,
  findAuditRows,
  holdAuditHead,
  type AuditFilter,
  type AuditRow,
  type Database,
} from '../storage/index.js';
import { openEntry, sealEntry, type AuditEntry, type AuditEvent, type AuditHead } from './audit-entry.js';
import { ChainCheck, type ChainReport } from './verify-chain.js';

export interface AuditLogOptions {
  readonly db: Database;
  readonly clock: () => Date;
  /** Told of each entry once it is stored: metrics. */
  readonly counted: (action: string) => void;
}

/** An event, but for the time: the log gives it. */
export type Happening = Omit<AuditEvent, 'at'>;

interface Waiting {
  readonly happening: Happening;
  readonly stored: () => void;
  readonly refused: (error: unknown) => void;
}

const PAGE = 1_000;

/**
 * The hash-chained record of every change that people, tokens and links make. Whoever can write the database can also
 * write a new chain: a head that was noted elsewhere (it is in the coordinator's log at every start) shows that.
 */
export class AuditLog {
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(private readonly options: AuditLogOptions) {}

  /**
   * Appends within a transaction: change and entry are stored together or not at all. Call it last, because the end of
   * the chain is held until the transaction ends.
   * @throws ConsiliumError AUDIT_UNAVAILABLE
   */
  async append(tx: Database, happening: Happening): Promise<void> {
    await explained(() => this.#append(tx, [happening]));
  }

  /**
   * Appends by itself. Entries that come at the same time share a transaction: what costs is the disk, not the entry.
   * @throws ConsiliumError AUDIT_UNAVAILABLE
   */
  async write(happening: Happening): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => this.#waiting.push({ happening, stored: resolve, refused: reject }));
    this.#writing ??= this.#drain();
    await explained(() => stored);
  }

  /** Called once a transaction with an entry has been committed. */
  counted(action: string): void {
    this.options.counted(action);
  }

  /** Entries that a filter lets through, newest first. */
  async find(filter: AuditFilter, limit: number, before?: number): Promise<readonly AuditEntry[]> {
    return (await findAuditRows(this.options.db, filter, limit, before)).map(openEntry);
  }

  /** Every entry that a filter lets through, oldest first, page by page. */
  async *all(filter: AuditFilter = {}): AsyncGenerator<AuditEntry> {
    for await (const rows of this.#pages(filter)) for (const row of rows) yield openEntry(row);
  }

  head(): Promise<AuditHead> {
    return auditHead(this.options.db);
  }

  /** Follows the whole chain as it is stored. @param pin - a head that was noted earlier */
  async verify(pin?: AuditHead): Promise<ChainReport> {
    const check = new ChainCheck(pin);
    // Read first: entries that come while the chain is followed lie behind it.
    const expected = await this.head();
    for await (const rows of this.#pages({}, expected.seq)) for (const row of rows) if (!check.take(candidate(row))) return check.report();
    return check.report(expected);
  }

  async *#pages(filter: AuditFilter, last = Number.MAX_SAFE_INTEGER): AsyncGenerator<readonly AuditRow[]> {
    for (let after = 0; after < last;) {
      const rows = await auditRowsAfter(this.options.db, filter, after, Math.min(PAGE, last - after));
      if (rows.length === 0) return;
      yield rows;
      after = rows.at(-1)?.seq ?? last;
    }
  }

  async #drain(): Promise<void> {
    // What is asked for in the same turn goes into the first transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, 100);
      try {
        await this.options.db.transaction().execute((tx) =>
          this.#append(
            tx,
            batch.map(({ happening }) => happening),
          ),
        );
        for (const { happening, stored } of batch) {
          this.options.counted(happening.action);
          stored();
        }
      } catch (error) {
        for (const { refused } of batch) refused(error);
      }
    }
    this.#writing = undefined;
  }

  async #append(tx: Database, happenings: readonly Happening[]): Promise<void> {
    let head = await holdAuditHead(tx);
    const rows: AuditRow[] = [];
    for (const happening of happenings) {
      const row = sealEntry({ at: this.options.clock().toISOString(), ...happening }, head);
      rows.push(row);
      head = row;
    }
    const last = rows.at(-1);
    if (last !== undefined) await appendAuditRows(tx, rows, last);
  }
}

/** What a stored row claims; a line that is no JSON claims nothing. */
function candidate({ line, hash }: AuditRow): unknown {
  try {
    return openEntry({ line, hash });
  } catch {
    return undefined;
  }
}

async function explained(write: () => Promise<void>): Promise<void> {
  await write().catch((cause: unknown) => {
    throw new ConsiliumError({
      code: 'AUDIT_UNAVAILABLE',
      errorClass: 'unreachable',
      message: 'The audit log cannot be written, and nothing is changed without an entry in it.',
      fix: "Check the coordinator's database (disk full, read only, gone), then ask again.",
      cause,
    });
  });
}
