import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { spkiSha256 } from './certificate.js';
import { caMismatch, unreachable, verificationFailure } from './first-contact-errors.js';

/** Certificates of a presented chain that are looked at. */
const LONGEST_CHAIN = 8;

export interface FirstContact {
  readonly host: string;
  readonly port: number;
  /** From the join token. */
  readonly caSpkiSha256: string;
  /** For everything together. */
  readonly timeoutMs: number;
}

/**
 * Fetches the consortium's CA from a coordinator that is known by the hash of its CA's key only, and proves that the
 * coordinator holds a certificate of it. Nothing but a TLS handshake is sent.
 *
 * Twice: the first handshake trusts nobody and only reads which certificates are presented; the second trusts the
 * one CA whose key has the expected hash, and node:tls does the whole verification (chain, name, time, purpose) over
 * TLS 1.3 with HTTP/2.
 * @returns the CA certificate, PEM
 * @throws ConsiliumError COORDINATOR_UNREACHABLE (no address, refused, timed out, not TLS 1.3 with HTTP/2),
 *   CA_MISMATCH (another consortium's coordinator, or a device that inspects TLS; names the issuer that came),
 *   COORDINATOR_CERTIFICATE (the right CA, but a name or time that does not fit)
 */
export async function fetchAuthenticatedCa(contact: FirstContact): Promise<string> {
  const { host, port } = contact;
  const deadline = AbortSignal.timeout(contact.timeoutMs);
  const target: ConnectionOptions = { host, port, ...(isIP(host) === 0 ? { servername: host } : {}) };

  // TLS 1.2 and HTTP/1.1 are let through here so that an inspecting device can be named rather than only fail.
  const chain = await handshake(
    { ...target, rejectUnauthorized: false, minVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'] },
    deadline,
    presentedChain,
  ).catch((error: unknown) => {
    throw unreachable(contact, error);
  });
  const ca = chain.find((certificate) => certificate.ca && spkiSha256(certificate.raw) === contact.caSpkiSha256);
  if (ca === undefined) throw caMismatch(contact, chain);

  const protocol = await handshake(
    { ...target, ca: ca.toString(), rejectUnauthorized: true, minVersion: 'TLSv1.3', ALPNProtocols: ['h2'] },
    deadline,
    (socket) => socket.alpnProtocol,
  ).catch((error: unknown) => {
    throw verificationFailure(contact, chain, error);
  });
  if (protocol !== 'h2') throw unreachable(contact, new Error('no HTTP/2'));
  return ca.toString();
}

/** One handshake: looks at the connection, then closes it. */
function handshake<T>(options: ConnectionOptions, deadline: AbortSignal, look: (socket: TLSSocket) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    if (deadline.aborted) return reject(deadline.reason as Error);
    const socket = connect(options);
    const expire = () => socket.destroy(deadline.reason as Error);
    deadline.addEventListener('abort', expire, { once: true });
    socket.once('secureConnect', () => {
      try {
        resolve(look(socket));
      } catch (error) {
        reject(error as Error);
      }
      socket.resume().end(); // An orderly end: a coordinator should not log a newcomer as a cut connection.
    });
    socket.once('error', reject);
    socket.once('close', () => {
      deadline.removeEventListener('abort', expire);
      reject(new Error('closed'));
    });
  });
}

function presentedChain(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < LONGEST_CHAIN) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}
