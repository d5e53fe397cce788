import type { Channel } from '@grpc/grpc-js';
import type { ChannelIdentity } from './coordinator-channel.js';

/**
 * The channel that new calls take. Renewed credentials open another one, with a handshake of its own: a certificate
 * belongs to a connection, and calls over the old one would end with it. Calls that run stay where they are, and the
 * old connection closes after the last of them.
 */
export class RenewableChannel {
  #current: Channel;

  constructor(
    private readonly open: (identity: ChannelIdentity) => Channel,
    identity: ChannelIdentity,
  ) {
    this.#current = open(identity);
  }

  get current(): Channel {
    return this.#current;
  }

  /** @throws ConsiliumError TRANSPORT_IDENTITY, and goes on with what it had */
  renew(identity: ChannelIdentity): void {
    const before = this.#current;
    this.#current = this.open(identity);
    // Graceful: what runs on it goes on, nothing new begins.
    before.close();
  }

  close(): void {
    this.#current.close();
  }
}
