import { statfsSync } from 'node:fs';
import type { ResolvedStudy } from '@consilium/protocol';
import { siteRefused, type SiteRefused } from '../rounds/site-refused.js';

/** Beyond this, days and times of approvals and limits mean different things at both ends. The doctor's limit too. */
export const CLOCK_LIMIT_MS = 300_000;
/** Left free whatever a round writes: the ledger and the record of what leaves need room too. */
const RESERVE_BYTES = 16 * 2 ** 20;

/** What a machine says of itself; a seam for tests. */
export interface MachineSeams {
  readonly now: () => number;
  readonly freeBytes: (directory: string) => number;
}

const THIS_MACHINE: MachineSeams = {
  now: () => Date.now(),
  freeBytes: (directory) => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  },
};

/** Whether this machine can take part in a round now: room on its disk, and the right time. */
export class MachineFit {
  readonly #state: string;
  readonly #seams: MachineSeams;
  #aheadMs = 0;

  /** @param state - the state directory */
  constructor(state: string, seams: MachineSeams = THIS_MACHINE) {
    this.#state = state;
    this.#seams = seams;
  }

  /** The coordinator said what time it is. @param now - Unix time in milliseconds */
  heardTime(now: number): void {
    this.#aheadMs = this.#seams.now() - now;
  }

  /** What keeps this machine from a round of the study, as it may leave the site: DISK_FULL, CLOCK_SKEW. */
  refusals({ derived }: ResolvedStudy): readonly SiteRefused[] {
    const refusals: SiteRefused[] = [];
    // A contribution and a sum lie here at the same time.
    const { uploadBytes, foldBytes } = derived.sums.train;
    if (this.#seams.freeBytes(this.#state) < uploadBytes + foldBytes + RESERVE_BYTES) refusals.push(siteRefused('DISK_FULL'));
    const off = Math.abs(this.#aheadMs);
    if (off > CLOCK_LIMIT_MS) {
      const seconds = String(Math.min(999_999_999, Math.round(off / 1_000)));
      refusals.push(siteRefused('CLOCK_SKEW', { seconds, direction: this.#aheadMs > 0 ? 'ahead' : 'behind' }));
    }
    return refusals;
  }

  /** Before a round, or a block of seats for rounds, is begun. @throws SiteRefused DISK_FULL, CLOCK_SKEW */
  require(study: ResolvedStudy): void {
    const [unfit] = this.refusals(study);
    if (unfit) throw unfit;
  }
}
