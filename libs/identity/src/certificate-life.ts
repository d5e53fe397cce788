import { X509Certificate } from 'node:crypto';
import { CLOCK_SKEW_MS } from './certificate.js';

/** From when to when a certificate that this package issued counts, and when a new one is due. */
export interface CertificateLife {
  readonly issuedAt: Date;
  /** Two thirds of the way to its end: a third is left for a renewal that fails at first. */
  readonly renewAt: Date;
  readonly endsAt: Date;
}

/** @param certificate - leaf in PEM or DER; further certificates behind it are ignored */
export function certificateLife(certificate: string | Uint8Array): CertificateLife {
  const { validFromDate, validToDate: endsAt } = new X509Certificate(certificate);
  const issuedAt = new Date(validFromDate.getTime() + CLOCK_SKEW_MS);
  const renewAt = new Date(issuedAt.getTime() + ((endsAt.getTime() - issuedAt.getTime()) * 2) / 3);
  return { issuedAt, renewAt, endsAt };
}
