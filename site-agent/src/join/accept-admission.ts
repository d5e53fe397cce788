import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ConsortiumName, siteOfCertificate, spkiSha256, type SiteKeys } from '@consilium/identity';
import { ConsiliumError, type SiteName } from '@consilium/protocol';
import type { JoinResponse, RenewResponse } from '@consilium/protocol/wire';

/** What the coordinator gave to a site that was admitted, or that renewed, checked. */
export interface AcceptedCertificate {
  readonly certificatePem: string;
  /** The CAs to trust from now on, newest first, one PEM after the other. */
  readonly caPem: string;
}

export interface Admission extends AcceptedCertificate {
  readonly consortium: string;
}

/** At most the present CA and the one before it. */
const MOST_CAS = 2;

const refuse = (message: string) =>
  new ConsiliumError({
    code: 'ADMISSION_INVALID',
    errorClass: 'verification',
    message,
    fix: "Nothing was stored. Ask the coordinator's admin to look at its log, then try again.",
  });

/**
 * Checks the answer of an admission. The CA that the join token names has proved the coordinator; it has to be among
 * those that the coordinator wants to be trusted.
 * @param caPem - the CA of the join token
 * @throws ConsiliumError ADMISSION_INVALID, exit 6
 */
export function acceptAdmission(response: JoinResponse, site: SiteName, keys: Pick<SiteKeys, 'transportKeyPem'>, caPem: string): Admission {
  const consortium = ConsortiumName.safeParse(response.consortium);
  if (!consortium.success || response.site !== site) throw refuse('The coordinator admitted another site than this one.');
  const accepted = acceptCertificate(response, { consortium: consortium.data, site, ...keys });
  const named = spkiSha256(caPem);
  if (!response.caCertificates.some((ca) => spkiSha256(ca) === named))
    throw refuse("The coordinator's CAs do not include the one that the join token names.");
  return { consortium: consortium.data, ...accepted };
}

/**
 * Checks a certificate that the coordinator issued: signed by a CA that comes with it, over this site's key, naming this
 * site. The CAs are believed because they come over a connection that a trusted one has proved.
 * @throws ConsiliumError ADMISSION_INVALID, exit 6
 */
export function acceptCertificate(
  { certificate: der, caCertificates }: RenewResponse,
  own: { readonly consortium: string; readonly site: SiteName; readonly transportKeyPem: string },
): AcceptedCertificate {
  const authorities = caCertificates.slice(0, MOST_CAS).map(readCertificate);
  const certificate = readCertificate(der);
  if (!authorities.every((ca) => ca.ca) || !authorities.some((ca) => certificate.verify(ca.publicKey)))
    throw refuse("The certificate is not signed by the consortium's CA.");
  if (!certificate.checkPrivateKey(createPrivateKey(own.transportKeyPem))) throw refuse("The certificate is not for this site's key.");
  if (siteOfCertificate(der, own.consortium) !== own.site) throw refuse('The certificate names another site.');
  return { certificatePem: certificate.toString(), caPem: authorities.map((ca) => ca.toString()).join('') };
}

function readCertificate(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw refuse('A certificate that the coordinator sent cannot be read.');
  }
}
