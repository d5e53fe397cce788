/** A file that is written at known places, and whose bytes are only there once `sync` has returned. */
export interface AppendFile {
  /** @returns how many of the bytes were taken, at least one. Rejects as Node does: ENOSPC, EIO and the like. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** fsync. After it has failed nobody knows what is on the disk. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** The part of a file system that a ledger needs. Tests hand in one that fails and crashes at any call. */
export interface LedgerFiles {
  /** The whole file, or undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Opens, or makes with mode 0600; a new name is durable when this returns. */
  open(path: string): Promise<AppendFile>;
  /** Whole or not at all, and durable: a neighbour, fsync, rename, fsync of the directory. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Takes the lock beside a ledger; a lock whose holder died, however it died, is free.
   * @returns what releases it, or undefined where another process or another part of this one has it
   */
  lock(path: string): Promise<(() => Promise<void>) | undefined>;
}
