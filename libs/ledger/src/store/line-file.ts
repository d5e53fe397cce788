import { diskFull, isFull, ledgerBroken } from './file-error.js';
import type { AppendFile } from './ledger-files.js';

const LINE_FEED = Buffer.from('\n');

/**
 * Appends whole lines. A line is there when `append` has returned; where it throws DISK_FULL it is not; after any
 * other error nobody knows, and nothing more is written until the file has been opened and read again.
 */
export class LineFile {
  private broken: Error | undefined;

  /** @param size - bytes of whole lines in the file; what lies behind is overwritten */
  constructor(
    private readonly file: AppendFile,
    private size: number,
  ) {}

  /** @throws ConsiliumError DISK_FULL, LEDGER_WRITE */
  async append(lines: readonly Uint8Array[]): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    const bytes = Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]));
    await this.writeOrTakeBack(bytes);
    // A failed fsync may have dropped the pages and forgotten them: a second one would say yes to nothing.
    await this.file.sync().catch((error: unknown) => this.break(error));
    this.size += bytes.length;
  }

  /** Drops what lies behind the whole lines. @throws ConsiliumError LEDGER_WRITE */
  async dropTorn(): Promise<void> {
    await this.shorten().catch((error: unknown) => this.break(error));
  }

  /**
   * Writes the last lines once more, as they are, and syncs: after a failed fsync a file can read as whole while the
   * disk lacks its end.
   * @throws ConsiliumError LEDGER_WRITE
   */
  async writeAgain(bytes: Uint8Array): Promise<void> {
    const start = this.size - bytes.length;
    await this.writeAt(bytes, start).catch((error: unknown) => this.break(error));
    await this.file.sync().catch((error: unknown) => this.break(error));
  }

  async close(): Promise<void> {
    this.broken ??= ledgerBroken(undefined);
    await this.file.close();
  }

  private async writeAt(bytes: Uint8Array, start: number): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.file.write(bytes.subarray(done), start + done);
  }

  /** A line that did not fit is cut off again, so that the file never holds half of one. */
  private async writeOrTakeBack(bytes: Uint8Array): Promise<void> {
    try {
      await this.writeAt(bytes, this.size);
    } catch (error) {
      await this.dropTorn();
      throw isFull(error) ? diskFull(error) : await this.break(error);
    }
  }

  private async shorten(): Promise<void> {
    await this.file.truncate(this.size);
    await this.file.sync();
  }

  private break(error: unknown): Promise<never> {
    this.broken = ledgerBroken(error);
    return Promise.reject(this.broken);
  }
}
