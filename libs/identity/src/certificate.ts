import { createHash, randomBytes } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import { x509 } from './x509.js';

/** Clocks of hospitals differ: a certificate is valid from an hour before it is issued. */
export const CLOCK_SKEW_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The largest certificate or request that is parsed, in bytes. */
const LARGEST = 16_384;

/** An issued certificate. */
export interface IssuedCertificate {
  readonly der: Buffer;
  readonly pem: string;
  /** Upper-case hex, as node:tls shows `serialNumber`. */
  readonly serial: string;
  readonly notAfter: Date;
  /** SHA-256 of the DER, 64 lower-case hex digits. */
  readonly fingerprint: string;
}

/** @throws ConsiliumError CERTIFICATE_INVALID for what is not an X.509 certificate in DER or PEM */
export function parseCertificate(certificate: Uint8Array | string): x509.X509Certificate {
  if (certificate.length <= LARGEST) {
    try {
      const parsed = new x509.X509Certificate(typeof certificate === 'string' ? certificate : new Uint8Array(certificate));
      void parsed.extensions; // Parsed on first use: a broken extension has to show here, not at some later caller.
      return parsed;
    } catch {
      // Said below, without the parser's words.
    }
  }
  throw new ConsiliumError({
    code: 'CERTIFICATE_INVALID',
    errorClass: 'forbidden',
    message: 'The certificate cannot be read.',
    fix: 'Use the certificate that the coordinator issued, in DER or PEM form.',
  });
}

/**
 * SHA-256 of a certificate's SubjectPublicKeyInfo as it stands in the certificate (RFC 7469, section 2.4), 64 hex
 * digits. It names a CA for longer than any of its certificates lives.
 * @throws ConsiliumError CERTIFICATE_INVALID
 */
export function spkiSha256(certificate: Uint8Array | string): string {
  return createHash('sha256')
    .update(new Uint8Array(parseCertificate(certificate).publicKey.rawData))
    .digest('hex');
}

/** From an hour before `now` to `days` after it, and never past `latest`. */
export function validity(now: Date, days: number, latest = new Date(8.64e15)): { readonly notBefore: Date; readonly notAfter: Date } {
  const end = Math.min(now.getTime() + days * DAY_MS, latest.getTime());
  return { notBefore: wholeSecond(now.getTime() - CLOCK_SKEW_MS), notAfter: wholeSecond(end) };
}

/** A random 127-bit serial number, always 32 hex digits (RFC 5280, section 4.1.2.2 wants it positive and at most 20 octets). */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex').toUpperCase();
}

export function issued(certificate: x509.X509Certificate): IssuedCertificate {
  const der = Buffer.from(certificate.rawData);
  return {
    der,
    pem: pemOf(certificate),
    serial: certificate.serialNumber.toUpperCase(),
    notAfter: certificate.notAfter,
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
}

/** PEM that ends with a newline, so that files can be put one after the other. */
export function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/** Certificates count in whole seconds. */
function wholeSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}
