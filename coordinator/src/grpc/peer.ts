import type { ServerDuplexStream, ServerReadableStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { createHash } from 'node:crypto';
import { ConsiliumError, type SiteName } from '@consilium/protocol';

export type AnyCall = Pick<
  | ServerUnaryCall<unknown, unknown>
  | ServerReadableStream<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>,
  'getAuthContext'
>;

/** Looks a client certificate up by the SHA-256 of its DER form (hex): admitted, not revoked, not expired. */
export type CertificateLookup = (fingerprint: string) => Promise<SiteName | undefined>;

/**
 * The site behind a call. TLS has proved that the peer holds the certificate's key and that the consortium's CA signed
 * it; whether it still counts is asked anew on every call, so that a revocation takes effect on the next one.
 * @throws ConsiliumError CERTIFICATE_REFUSED
 */
export async function siteOfCall(call: AnyCall, lookup: CertificateLookup): Promise<SiteName> {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  const site = raw && (await lookup(fingerprintOf(raw)));
  if (!site) throw certificateRefused();
  return site;
}

const fingerprints = new WeakMap<Buffer, string>();

/** A connection keeps its certificate, and hands out the same bytes each time. */
function fingerprintOf(der: Buffer): string {
  const fingerprint = fingerprints.get(der) ?? createHash('sha256').update(der).digest('hex');
  fingerprints.set(der, fingerprint);
  return fingerprint;
}

export function certificateRefused(): ConsiliumError {
  return new ConsiliumError({
    code: 'CERTIFICATE_REFUSED',
    errorClass: 'forbidden',
    message: 'This call needs the certificate of an admitted site.',
    fix: 'Join the consortium first (consilium-site join --token-file F), or ask its admin whether this site is still admitted.',
  });
}
