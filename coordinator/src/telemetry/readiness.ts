import { statfs } from 'node:fs/promises';
import { isWritable, type Database } from '../storage/index.js';
import type { Listening } from './listening.js';

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<'database' | 'ca' | 'grpc' | 'spool' | 'notDraining', boolean>>;
}

/** Free bytes beside the spool below which nothing new is to be begun: what is under way still needs room to end. */
export const SPOOL_RESERVE_BYTES = 256 * 2 ** 20;

/** Bytes that this process may still write where a folder is. */
async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Whether the coordinator can do its work now. Liveness asks for none of this: the loop answers, or does not. */
export class Readiness {
  #draining = false;

  /**
   * @param caLoaded - true from the start: a coordinator without its CA does not start
   * @param spoolAt - a folder on the disk of the spool
   * @param freeAt - free bytes there
   */
  constructor(
    private readonly db: Database,
    private readonly listening: Listening,
    private readonly caLoaded: boolean,
    private readonly spoolAt: string,
    private readonly freeAt: (folder: string) => Promise<number> = freeBytesAt,
  ) {}

  /** From now on no new work: the process is about to end. */
  drain(): void {
    this.#draining = true;
  }

  async report(): Promise<ReadinessReport> {
    const checks = {
      database: await isWritable(this.db),
      ca: this.caLoaded,
      spool: await this.freeAt(this.spoolAt).then(
        (bytes) => bytes >= SPOOL_RESERVE_BYTES,
        () => false,
      ),
      grpc: this.listening.grpcPort !== undefined,
      notDraining: !this.#draining,
    };
    return { ready: Object.values(checks).every(Boolean), checks };
  }
}
