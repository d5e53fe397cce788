import { ServerCredentials } from '@grpc/grpc-js';
import type { SecureContextOptions } from 'node:tls';

export interface ServerIdentity {
  /** PEM: the server's leaf followed by the CA that signed it, so that a joining site can find the CA in the chain. */
  readonly certificateChain: Buffer;
  readonly privateKey: Buffer;
  /** PEM of the consortium's CA, and of the one before it while that is being replaced: the only issuers of client certificates that count. */
  readonly clientAuthority: Buffer;
}

/**
 * TLS 1.3 with client certificates, which `Join` alone may do without: a joining site has none yet, and all calls
 * share one port. grpc-js shows a peer's certificate to a handler only where TLS verified it against the CA
 * (`authorized`), so a handler that asks for a site gets none from an unverified peer.
 */
export function serverCredentials(identity: ServerIdentity): ServerCredentials {
  const credentials = ServerCredentials.createSsl(
    identity.clientAuthority,
    [{ cert_chain: identity.certificateChain, private_key: identity.privateKey }],
    true,
  );
  const options = credentials._getConstructorOptions();
  if (options === null) throw new Error('grpc-js made insecure credentials');
  Object.assign(options, { rejectUnauthorized: false, minVersion: 'TLSv1.3' });
  return credentials;
}

/** grpc-js tells its http2 servers of new credentials through a method that it keeps for its own classes. */
interface Renewable {
  updateSecureContextOptions(options: SecureContextOptions): void;
}

/**
 * New credentials for the handshakes to come; open connections stay as they are. node:tls takes them as a whole, so all
 * that holds is said again.
 */
export function renewServerCredentials(credentials: ServerCredentials, identity: ServerIdentity): void {
  (credentials as unknown as Renewable).updateSecureContextOptions({
    key: identity.privateKey,
    cert: identity.certificateChain,
    ca: identity.clientAuthority,
    minVersion: 'TLSv1.3',
  });
}
