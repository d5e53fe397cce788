import type { Readable, Writable } from 'node:stream';

/** Everything that a command touches of its process, so that a test can be the terminal. */
export interface CliIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether a person sits there and may be asked. */
  readonly interactive: boolean;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** The working directory, absolute. */
  readonly cwd: string;
  /** The user's id; 0 is root. Undefined where the system has none. */
  readonly uid: number | undefined;
}

/** Why a run was cut short by its user or its service manager. */
export class Interrupted extends Error {
  /** @param by - `SIGTERM` ends an agent in good order, `SIGINT` is an interrupt: exit 130 */
  constructor(readonly by: 'SIGINT' | 'SIGTERM') {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
