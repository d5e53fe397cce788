import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { ECDSA_P256, x509 } from './x509.js';

/** A new ECDSA P-256 key for TLS, as PKCS#8 PEM. */
export async function createTransportKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The key pair behind a private key, in the form that certificates are made with.
 * @param privateKeyPem - P-256, PKCS#8 or SEC 1 PEM
 * @throws ConsiliumError TRANSPORT_KEY_INVALID for anything but an ECDSA P-256 private key
 */
export function transportKeyPair(privateKeyPem: string): {
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
} {
  const key = readPrivateKey(privateKeyPem);
  return {
    privateKey: key.toCryptoKey(ECDSA_P256, false, ['sign']),
    publicKey: createPublicKey(key).toCryptoKey(ECDSA_P256, true, ['verify']),
  };
}

/**
 * A certificate request (PKCS#10, DER) for a transport key. Its subject is empty: the CA decides whom a
 * certificate names.
 * @throws ConsiliumError TRANSPORT_KEY_INVALID
 */
export async function createCsr(privateKeyPem: string): Promise<Buffer> {
  const keys = transportKeyPair(privateKeyPem);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: '', keys, signingAlgorithm: ECDSA_P256 });
  return Buffer.from(request.rawData);
}

function readPrivateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // OpenSSL's own words may quote the input; the sentence below says all that is safe to say.
  }
  throw new ConsiliumError({
    code: 'TRANSPORT_KEY_INVALID',
    errorClass: 'usage',
    message: 'The transport key is not an ECDSA P-256 private key in PEM form.',
    fix: 'Restore the key file from a backup, or join again with new keys.',
  });
}
