import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { EgressKind } from './egress-kind.js';
import { EgressLine } from './egress-line.js';

/** Which lines of the record somebody wants to see; what is absent restricts nothing. */
export interface EgressFilter {
  /** First digits of the study's hash. */
  readonly study?: string | undefined;
  readonly kind?: EgressKind | undefined;
  /** First and last day, UTC, YYYY-MM-DD. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The lines of the record in their order, in constant memory; `undefined` stands for one that cannot be read. */
export async function* readEgress(path: string): AsyncGenerator<EgressLine | undefined> {
  if (!existsSync(path)) return;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) yield parseLine(text);
}

export function matchesFilter({ time, study, kind }: EgressLine, filter: EgressFilter): boolean {
  const day = time.slice(0, 10);
  if (filter.study !== undefined && study?.startsWith(filter.study) !== true) return false;
  if (filter.kind !== undefined && kind !== filter.kind) return false;
  return (filter.from === undefined || day >= filter.from) && (filter.to === undefined || day <= filter.to);
}

function parseLine(text: string): EgressLine | undefined {
  try {
    return EgressLine.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
