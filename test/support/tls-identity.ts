import { createPrivateKey, createHash, X509Certificate } from 'node:crypto';
import {
  createCertificateAuthority,
  createCsr,
  createTransportKey,
  issueServerCertificate,
  issueSiteCertificate,
} from '@consilium/identity';

/** Certificates of a consortium for tests that start its server in their own process. */
export interface TestIdentities {
  /** PEM of the only CA. */
  readonly caPem: string;
  /** As the coordinator's gRPC server takes it; valid for 127.0.0.1. */
  readonly server: { readonly certificateChain: Buffer; readonly privateKey: Buffer; readonly clientAuthority: Buffer };
  readonly site: (name: string) => Promise<SiteIdentity>;
}

export interface SiteIdentity {
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly transportKeyPem: string;
  /** SHA-256 of the certificate's DER form, hex. */
  readonly fingerprint: string;
}

export const CONSORTIUM = 'test.example';

export async function testIdentities(now = new Date()): Promise<TestIdentities> {
  const ca = await createCertificateAuthority({ consortium: CONSORTIUM, now });
  const { chainPem, privateKeyPem } = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
  return {
    caPem: ca.certificatePem,
    server: {
      certificateChain: Buffer.from(chainPem),
      privateKey: Buffer.from(privateKeyPem),
      clientAuthority: Buffer.from(ca.certificatePem),
    },
    site: async (site) => {
      const key = await createTransportKey();
      const { pem } = await issueSiteCertificate({ ca, csr: await createCsr(key), consortium: CONSORTIUM, site, now });
      return {
        certificatePem: pem,
        transportKeyPem: createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }) as string,
        fingerprint: createHash('sha256').update(new X509Certificate(pem).raw).digest('hex'),
      };
    },
  };
}
