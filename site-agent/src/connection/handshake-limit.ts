import type { ChannelCredentials } from '@grpc/grpc-js';

/** A peer that has not finished TLS, or not said a word of HTTP/2 after it, by then is none. */
export const HANDSHAKE_MS = 15_000;

const silent = (): Error => new Error('the peer accepted the connection and said nothing');

/**
 * Gives the handshake a limit. grpc-js sets none: it waits for ever for a peer that accepts TCP, or TLS too, and is silent
 * from then on (grpc-node#2785), and no other connection is tried meanwhile. TLS has no public hook there, so this wraps
 * the connector of the credentials; where an upgrade moves it, this file does not compile.
 */
export function limitHandshake(credentials: ChannelCredentials, ms: number = HANDSHAKE_MS): ChannelCredentials {
  const createConnector = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (...args) => {
    const connector = createConnector(...args);
    const handshake = connector.connect.bind(connector);
    connector.connect = async (socket) => {
      const { promise: over, reject } = Promise.withResolvers<never>();
      let end = () => reject(silent());
      const limit = setTimeout(() => end(), ms);
      limit.unref();
      try {
        const connected = await Promise.race([handshake(socket), over]);
        // Counts what came through TLS, so neither its own handshake nor its tickets.
        end = () => {
          if (connected.socket.bytesRead === 0) connected.socket.destroy(silent());
        };
        return connected;
      } catch (error) {
        clearTimeout(limit);
        throw error;
      }
    };
    return connector;
  };
  return credentials;
}
