import type { EgressKind } from '../egress/index.js';

/** Who counts what passes over a connection. It changes nothing; paths are those of the wire. */
export interface ConnectionObserver {
  /** A message, its frame included, is about to be sent. */
  sent(kind: EgressKind, bytes: number): void;
  /** The message itself, before it is sent. */
  message(path: string, message: unknown): void;
  /** A message, its frame included, has come. */
  received(path: string, bytes: number): void;
  /** The coordinator has begun to answer a call. */
  opened(path: string): void;
  /** @param status - name of the gRPC status */
  ended(path: string, status: string): void;
}

/** Counts nothing. */
export const NOBODY: ConnectionObserver = {
  sent: () => undefined,
  message: () => undefined,
  received: () => undefined,
  opened: () => undefined,
  ended: () => undefined,
};
