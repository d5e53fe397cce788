import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { makePrivateFile } from '../state/private-files.js';
import type { EgressKind } from './egress-kind.js';
import type { EgressLine } from './egress-line.js';

type WithoutStamp<T> = T extends unknown ? Omit<T, 'time' | 'destination'> : never;

/** Where the record of one connection goes. */
export interface EgressLog {
  /**
   * On disk when this returns, unless the line may be lost in a power cut: one of kind `control`, and one that says
   * exactly what a line before it has said as a bound.
   */
  append(line: WithoutStamp<EgressLine>, mayBeLost?: boolean): void;
  /** Told of every message, also of those that share a line. */
  readonly onBytes: (kind: EgressKind, bytes: number) => void;
  close(): void;
}

export interface EgressLogOptions {
  /** host:port of the coordinator. */
  readonly destination: string;
  readonly onBytes?: (kind: EgressKind, bytes: number) => void;
  readonly now?: () => Date;
}

/** Opens the record for appending; several processes may, a line is one write. */
export function openEgressLog(
  path: string,
  { destination, onBytes = () => undefined, now = () => new Date() }: EgressLogOptions,
): EgressLog {
  makePrivateFile(path);
  let file: number | undefined = openSync(path, 'a', 0o600);
  const write = (target: number, line: WithoutStamp<EgressLine>, mayBeLost: boolean) => {
    writeSync(target, `${JSON.stringify({ time: now().toISOString(), ...line, destination })}\n`);
    if (!mayBeLost) fdatasyncSync(target);
  };
  return {
    onBytes,
    append: (line, mayBeLost = line.kind === 'control') => {
      if (file !== undefined) return write(file, line, mayBeLost);
      // A call that ends after its connection was closed still gets its last line.
      const late = openSync(path, 'a', 0o600);
      try {
        write(late, line, mayBeLost);
      } finally {
        closeSync(late);
      }
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
