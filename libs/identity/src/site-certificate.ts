import type { webcrypto } from 'node:crypto';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { signLeaf, type CertificateAuthority } from './certificate-authority.js';
import { issued, type IssuedCertificate } from './certificate.js';
import { siteUri } from './spiffe.js';
import { ECDSA_P256, x509 } from './x509.js';

/** In days. */
const SECOND = 1 / 86_400;

/** The largest request that is parsed, in bytes; one for P-256 has about 250. */
const LARGEST_CSR = 4096;

/**
 * A client certificate for a site's transport key. Of the request only the key counts, and the proof that the
 * sender holds it; subject and wished-for extensions are ignored, the name comes from `site`.
 * @param input - `csr`: PKCS#10, DER; `days` of validity, a second to 398 days, default 90
 * @throws ConsiliumError CSR_INVALID for a request that is malformed, not signed by its own key, or not ECDSA P-256
 */
export async function issueSiteCertificate(input: {
  readonly ca: CertificateAuthority;
  readonly csr: Uint8Array;
  readonly consortium: string;
  readonly site: string;
  readonly now: Date;
  readonly days?: number;
}): Promise<IssuedCertificate> {
  const site = SiteName.parse(input.site);
  const certificate = await signLeaf(input.ca, {
    commonName: site,
    publicKey: await verifiedKey(input.csr),
    names: [{ type: 'url', value: siteUri(input.consortium, site) }],
    usage: 'client',
    now: input.now,
    days: z
      .number()
      .min(SECOND)
      .max(398)
      .parse(input.days ?? 90),
  });
  return issued(certificate);
}

/**
 * Checks a request without issuing anything, so that a wrong one is refused when it comes, not when it is admitted.
 * @throws ConsiliumError CSR_INVALID
 */
export async function checkCsr(csr: Uint8Array): Promise<void> {
  await verifiedKey(csr);
}

async function verifiedKey(csr: Uint8Array): Promise<webcrypto.CryptoKey> {
  const invalid = (why: string) =>
    new ConsiliumError({
      code: 'CSR_INVALID',
      errorClass: 'usage',
      message: `The certificate request is refused: ${why}.`,
      fix: 'Make the request with consilium-site join.',
    });
  if (csr.length > LARGEST_CSR) throw invalid('it is too long');
  const request = readRequest(csr);
  if (request === undefined) throw invalid('it cannot be read');
  if (!request.isP256) throw invalid('its key is not ECDSA P-256');
  if (!(await request.csr.verify().catch(() => false))) throw invalid('its signature is not by its own key');
  return request.csr.publicKey.export(ECDSA_P256, ['verify']);
}

function readRequest(bytes: Uint8Array): { readonly csr: x509.Pkcs10CertificateRequest; readonly isP256: boolean } | undefined {
  try {
    const csr = new x509.Pkcs10CertificateRequest(new Uint8Array(bytes));
    const { name, namedCurve } = csr.publicKey.algorithm as Partial<webcrypto.EcKeyAlgorithm>; // Parsed only now.
    return { csr, isP256: name === ECDSA_P256.name && namedCurve === ECDSA_P256.namedCurve };
  } catch {
    return undefined;
  }
}
