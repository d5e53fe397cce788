import type { MirrorLink } from '@consilium/ledger';
import type { PopulationName } from '@consilium/protocol';
import { call, type Connection } from '../connection/index.js';

/** More answers than this is a mirror that does not come to an end. */
const MOST_ANSWERS = 10_000;

/** The coordinator's copy of one of this site's ledgers. */
export interface Mirror extends MirrorLink {
  /** What it holds from an entry on. @throws ConsiliumError COORDINATOR_UNREACHABLE */
  tail(from: number, signal: AbortSignal): Promise<readonly Uint8Array[]>;
}

export function mirrorOf({ ledger }: Pick<Connection, 'ledger'>, population: PopulationName): Mirror {
  return {
    async store({ from, lines, checkpoint }, signal) {
      const request = { population, from, lines: lines.map((line) => Buffer.from(line)), checkpoint };
      return (await call(ledger.mirror, request, { signal })).size;
    },
    async tail(from, signal) {
      const lines: Buffer[] = [];
      for (let answers = 0; answers < MOST_ANSWERS; answers += 1) {
        const { lines: more, size } = await call(ledger.tail, { population, from: from + lines.length }, { signal });
        lines.push(...more);
        if (more.length === 0 || from + lines.length >= size) break;
      }
      return lines;
    },
  };
}
