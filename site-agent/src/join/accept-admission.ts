import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ConsortiumName, memberOf, parseRoster, siteOfCertificate, type Roster, type SiteKeys } from '@consilium/identity';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import type { JoinResponse, RosterServiceGetResponse } from '@consilium/protocol/wire';

/** What the coordinator gave to a site that was admitted, checked. */
export interface Admission {
  readonly consortium: string;
  readonly certificatePem: string;
}

const refuse = (message: string) =>
  new ConsiliumError({
    code: 'ADMISSION_INVALID',
    errorClass: 'verification',
    message,
    fix: "Nothing was stored. Ask the coordinator's admin to look at its log, then join again.",
  });

/**
 * Checks the certificate of an admission: signed by the consortium's CA, over this site's key, naming this site.
 * @throws ConsiliumError ADMISSION_INVALID, exit 6
 */
export function acceptAdmission(response: JoinResponse, site: SiteName, keys: Pick<SiteKeys, 'transportKeyPem'>, caPem: string): Admission {
  const consortium = ConsortiumName.safeParse(response.consortium);
  if (!consortium.success || response.site !== site) throw refuse('The coordinator admitted another site than this one.');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(response.certificate);
  } catch {
    throw refuse('The certificate that the coordinator sent cannot be read.');
  }
  if (!certificate.verify(new X509Certificate(caPem).publicKey)) throw refuse("The certificate is not signed by the consortium's CA.");
  if (!certificate.checkPrivateKey(createPrivateKey(keys.transportKeyPem))) throw refuse("The certificate is not for this site's key.");
  if (siteOfCertificate(response.certificate, consortium.data) !== site) throw refuse('The certificate names another site.');
  return { consortium: consortium.data, certificatePem: certificate.toString() };
}

/**
 * Checks the first roster: of this consortium, and with this site's own keys under its name.
 * @throws ConsiliumError ROSTER_INVALID, NOT_ON_ROSTER, ADMISSION_INVALID
 */
export function acceptRoster({ roster: message }: RosterServiceGetResponse, consortium: string, site: SiteName, keys: SiteKeys): Roster {
  const roster = parseRoster(message);
  const self = memberOf(roster, site);
  if (roster.consortium !== consortium) throw refuse('The roster is of another consortium.');
  if (!keys.identityPublicKey.equals(self.identityKey) || !keys.sealingPublicKey.equals(self.sealingKey))
    throw refuse('The roster holds other keys under the name of this site.');
  return roster;
}
