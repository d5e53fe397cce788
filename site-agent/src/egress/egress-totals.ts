import { EGRESS_KINDS, type EgressKind } from './egress-kind.js';
import { matchesFilter, readEgress, type EgressFilter } from './read-egress.js';

/** What left, summed over the whole record. */
export interface EgressTotals {
  /** Bytes by kind. Uploads that have not ended yet, or whose end a kill has cut off, count with their bound. */
  readonly bytes: Readonly<Record<EgressKind, number>>;
  /** The part of `bytes` that is a bound. */
  readonly atMost: number;
  readonly messages: number;
  /** Lines that this version cannot read, such as one that a full disk cut. */
  readonly unreadable: number;
  readonly since: string | null;
  readonly until: string | null;
}

/** Reads the record once, or what of it a filter lets through, in constant memory but for the uploads that are open. */
export async function egressTotals(path: string, filter: EgressFilter = {}): Promise<EgressTotals> {
  const bytes = Object.fromEntries(EGRESS_KINDS.map((kind) => [kind, 0])) as Record<EgressKind, number>;
  const open = new Map<string, { kind: EgressKind; atMost: number }>();
  const seen = { messages: 0, unreadable: 0, since: null as string | null, until: null as string | null };
  for await (const line of readEgress(path)) {
    if (line === undefined) {
      seen.unreadable += 1;
      continue;
    }
    if (!matchesFilter(line, filter)) continue;
    seen.since ??= line.time;
    seen.until = line.time;
    if ('atMost' in line) {
      const before = open.get(line.upload)?.atMost ?? 0;
      open.set(line.upload, { kind: line.kind, atMost: before + line.atMost });
      continue;
    }
    if ('upload' in line) open.delete(line.upload);
    bytes[line.kind] += line.bytes;
    seen.messages += 'messages' in line ? (line.messages ?? 1) : 1;
  }
  let atMost = 0;
  for (const upload of open.values()) {
    bytes[upload.kind] += upload.atMost;
    atMost += upload.atMost;
  }
  return { bytes, atMost, ...seen };
}
