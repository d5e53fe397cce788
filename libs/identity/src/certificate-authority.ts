import { ConsiliumError } from '@consilium/protocol';
import { issued, parseCertificate, pemOf, randomSerial, validity } from './certificate.js';
import { ConsortiumName } from './spiffe.js';
import { createTransportKey, transportKeyPair } from './transport-keys.js';
import { ECDSA_P256, x509 } from './x509.js';

const CA_DAYS = 3650;

/** The consortium's transport CA: it authenticates connections, never a protocol message (PROTOCOL.md section 2). */
export interface CertificateAuthority {
  readonly certificateDer: Buffer;
  readonly certificatePem: string;
  /** ECDSA P-256, PKCS#8. A secret: keep it with `writeSecretFile`. */
  readonly privateKeyPem: string;
}

/**
 * A new CA for a consortium: ECDSA P-256, self-signed, ten years, no CA below it.
 * @throws z.ZodError for a consortium name that cannot be a SPIFFE trust domain
 */
export async function createCertificateAuthority(input: {
  readonly consortium: string;
  readonly now: Date;
}): Promise<CertificateAuthority> {
  const consortium = ConsortiumName.parse(input.consortium);
  const privateKeyPem = await createTransportKey();
  const keys = transportKeyPair(privateKeyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [`Consilium ${consortium} CA`] }],
    ...validity(input.now, CA_DAYS),
    keys,
    signingAlgorithm: ECDSA_P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificateDer: issued(certificate).der, certificatePem: pemOf(certificate), privateKeyPem };
}

/**
 * Takes a CA back from its two files, or one that an organisation brings along.
 * @param input - the certificate (PEM) and its private key (PEM)
 * @throws ConsiliumError CA_INVALID unless it is a self-signed ECDSA P-256 CA that is valid at `now` and the key is its own
 */
export async function openCertificateAuthority(input: {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly now: Date;
}): Promise<CertificateAuthority> {
  const keys = transportKeyPair(input.privateKeyPem);
  const certificate = parseCertificate(input.certificatePem);
  const own = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey);
  const carried = await x509.SubjectKeyIdentifierExtension.create(certificate.publicKey);
  const wrong =
    own.keyId !== carried.keyId
      ? 'the private key does not belong to the certificate'
      : certificate.getExtension(x509.BasicConstraintsExtension)?.ca !== true
        ? 'the certificate is not one of a CA'
        : !(await certificate.isSelfSigned())
          ? 'the certificate is not self-signed, and sites trust nothing above it'
          : certificate.notAfter <= input.now || certificate.notBefore > input.now
            ? 'the certificate is not valid today'
            : undefined;
  if (wrong !== undefined)
    throw new ConsiliumError({
      code: 'CA_INVALID',
      errorClass: 'usage',
      message: `The transport CA cannot be used: ${wrong}.`,
      fix: 'Give the coordinator a self-signed ECDSA P-256 CA certificate and its key, or let it make its own.',
    });
  return {
    certificateDer: Buffer.from(certificate.rawData),
    certificatePem: pemOf(certificate),
    privateKeyPem: input.privateKeyPem,
  };
}

/** What a certificate is to say; all else is the CA's. */
export interface LeafContent {
  readonly commonName: string;
  readonly publicKey: x509.PublicKeyType;
  readonly names: x509.JsonGeneralNames;
  readonly usage: 'client' | 'server';
  readonly now: Date;
  readonly days: number;
}

/** Signs a leaf: never a CA, one purpose, at most as long as the CA itself. */
export async function signLeaf(ca: CertificateAuthority, leaf: LeafContent): Promise<x509.X509Certificate> {
  const authority = parseCertificate(ca.certificateDer);
  return x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    issuer: authority.subjectName,
    subject: [{ CN: [leaf.commonName] }],
    ...validity(leaf.now, leaf.days, authority.notAfter),
    publicKey: leaf.publicKey,
    signingKey: transportKeyPair(ca.privateKeyPem).privateKey,
    signingAlgorithm: ECDSA_P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[leaf.usage === 'client' ? 'clientAuth' : 'serverAuth']]),
      new x509.SubjectAlternativeNameExtension(leaf.names),
      await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
}
