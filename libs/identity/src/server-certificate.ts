import { isIP } from 'node:net';
import { z } from 'zod';
import { signLeaf, type CertificateAuthority } from './certificate-authority.js';
import { issued, type IssuedCertificate } from './certificate.js';
import { createTransportKey, transportKeyPair } from './transport-keys.js';

const DnsName = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i, 'a DNS name or IP address');
const Host = z.union([z.string().refine((text) => isIP(text) !== 0, 'a DNS name or IP address'), DnsName]);

export interface ServerCertificate extends IssuedCertificate {
  readonly privateKeyPem: string;
  /** Leaf, then CA: what the server must present, because a newcomer knows no more of the CA than the hash of its key. */
  readonly chainPem: string;
}

/**
 * A certificate with a new key for the coordinator's own TLS port.
 * @param input - `hosts`: DNS names and IP addresses it is reached at, at least one; `days` of validity, a second to 825 days
 * @throws z.ZodError for a host that is neither, or days out of range
 */
export async function issueServerCertificate(input: {
  readonly ca: CertificateAuthority;
  readonly hosts: readonly string[];
  readonly now: Date;
  readonly days: number;
}): Promise<ServerCertificate> {
  const hosts = z.array(Host).min(1).parse(input.hosts);
  const days = z
    .number()
    .min(1 / 86_400)
    .max(825)
    .parse(input.days);
  const privateKeyPem = await createTransportKey();
  const certificate = await signLeaf(input.ca, {
    commonName: 'consilium-coordinator',
    publicKey: transportKeyPair(privateKeyPem).publicKey,
    names: hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
    usage: 'server',
    now: input.now,
    days,
  });
  const leaf = issued(certificate);
  return { ...leaf, privateKeyPem, chainPem: leaf.pem + input.ca.certificatePem };
}
