import { sha256Hex } from '@consilium/protocol';
import { AuditEntry, CHAIN_START, lineOf, type AuditHead } from './audit-entry.js';

/** The first link that does not hold. */
export interface BadLink {
  readonly seq: number;
  readonly reason: string;
}

export interface ChainReport {
  readonly ok: boolean;
  readonly entries: number;
  /** Where the chain ends: note it elsewhere, and a chain that was rewritten whole shows. */
  readonly head: AuditHead;
  readonly firstBad?: BadLink;
}

/** Follows a chain link by link; pure, so that the coordinator and a person who has only the file do the same. */
export class ChainCheck {
  #head: AuditHead = { seq: 0, hash: CHAIN_START };
  #bad: BadLink | undefined;
  #pinMissed: boolean;

  /** @param pin - a head that was noted earlier: the chain must go through it */
  constructor(private readonly pin?: AuditHead) {
    this.#pinMissed = pin !== undefined && pin.seq > 0;
  }

  get head(): AuditHead {
    return this.#head;
  }

  /** @returns false once a link is bad: the rest need not be looked at */
  take(candidate: unknown): boolean {
    if (this.#bad !== undefined) return false;
    const seq = this.#head.seq + 1;
    const parsed = AuditEntry.safeParse(candidate);
    const reason = parsed.success ? this.#objection(parsed.data) : 'it is no audit entry';
    if (reason !== undefined) {
      this.#bad = { seq, reason };
      return false;
    }
    this.#head = { seq, hash: (parsed.data as AuditEntry).hash };
    if (this.pin?.seq === seq) this.#pinMissed = false;
    return true;
  }

  /** @param expected - where the chain must end, if that is known: an end that was cut off shows */
  report(expected?: AuditHead): ChainReport {
    const { seq, hash } = this.#head;
    const cut =
      expected !== undefined && (expected.seq !== seq || expected.hash !== hash)
        ? { seq: seq + 1, reason: `the chain should end with entry ${expected.seq}` }
        : undefined;
    const unpinned = this.#pinMissed ? { seq: seq + 1, reason: `entry ${this.pin?.seq ?? 0}, noted earlier, is missing` } : undefined;
    const firstBad = this.#bad ?? cut ?? unpinned;
    return { ok: firstBad === undefined, entries: seq, head: this.#head, ...(firstBad === undefined ? {} : { firstBad }) };
  }

  #objection(entry: AuditEntry): string | undefined {
    if (entry.seq !== this.#head.seq + 1) return `entry ${entry.seq} stands in its place`;
    if (entry.previous !== this.#head.hash) return 'it does not follow the entry before';
    if (sha256Hex(Buffer.from(lineOf(entry))) !== entry.hash) return 'its text is not what was hashed';
    if (this.pin?.seq === entry.seq && this.pin.hash !== entry.hash) return 'it is not the entry that was noted earlier';
    return undefined;
  }
}
