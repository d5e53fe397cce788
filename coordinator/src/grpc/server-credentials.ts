import { ServerCredentials } from '@grpc/grpc-js';

export interface ServerIdentity {
  /** PEM: the server's leaf followed by the consortium CA, so that a joining site can find the CA in the chain. */
  readonly certificateChain: Buffer;
  readonly privateKey: Buffer;
  /** PEM of the consortium CA: the only issuer of client certificates that counts. */
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
