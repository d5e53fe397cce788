import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { makePrivateFile } from '../state/private-files.js';
import type { EgressKind } from './egress-kind.js';
import type { EgressLine } from './egress-line.js';

type WithoutStamp<T> = T extends unknown ? Omit<T, 'time' | 'destination'> : never;

/** Where the record of one connection goes. */
export interface EgressLog {
  /** On disk when this returns, unless the line is of kind `control`, which a power cut may lose. */
  append(line: WithoutStamp<EgressLine>): void;
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
  const write = (target: number, line: WithoutStamp<EgressLine>) => {
    writeSync(target, `${JSON.stringify({ time: now().toISOString(), ...line, destination })}\n`);
    if (line.kind !== 'control') fdatasyncSync(target);
  };
  return {
    onBytes,
    append: (line) => {
      if (file !== undefined) return write(file, line);
      // A call that ends after its connection was closed still gets its last line.
      const late = openSync(path, 'a', 0o600);
      try {
        write(late, line);
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
