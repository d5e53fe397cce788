import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { issueServerCertificate, readSecretFile, writeSecretFile, type CertificateAuthority } from '@consilium/identity';

const DAYS = 397;
const RENEW_BEFORE_MS = 30 * 86_400_000;

/** What the coordinator's TLS port presents. */
export interface ServerIdentity {
  readonly privateKeyPem: string;
  /** Leaf, then CA. */
  readonly chainPem: string;
}

/**
 * The server's key and certificate from `<state>/tls/server.pem` (mode 0600, key and chain in one file, so that they
 * always belong together); a new pair where there is none, 30 days or less are left, or the names have changed.
 */
export async function openServerIdentity(
  state: string,
  ca: CertificateAuthority,
  serverNames: readonly string[],
  now: Date,
): Promise<ServerIdentity> {
  const path = join(state, 'tls', 'server.pem');
  const stored = await readStored(path);
  if (stored && isUsable(stored, ca, serverNames, now)) return stored;
  const { privateKeyPem, chainPem } = await issueServerCertificate({ ca, hosts: serverNames, now, days: DAYS });
  await writeSecretFile(path, Buffer.from(`${privateKeyPem.trimEnd()}\n${chainPem}`));
  return { privateKeyPem, chainPem };
}

async function readStored(path: string): Promise<ServerIdentity | undefined> {
  let text: string;
  try {
    text = (await readSecretFile(path)).toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'KEY_FILE_MISSING') return undefined;
    throw error;
  }
  const split = text.indexOf('-----BEGIN CERTIFICATE-----');
  return split > 0 ? { privateKeyPem: text.slice(0, split), chainPem: text.slice(split) } : undefined;
}

function isUsable({ privateKeyPem, chainPem }: ServerIdentity, ca: CertificateAuthority, names: readonly string[], now: Date): boolean {
  try {
    const leaf = new X509Certificate(chainPem);
    const authority = new X509Certificate(ca.certificateDer);
    return (
      leaf.verify(authority.publicKey) &&
      leaf.checkPrivateKey(createPrivateKey(privateKeyPem)) &&
      leaf.validToDate.getTime() - now.getTime() > RENEW_BEFORE_MS &&
      names.every((name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined)
    );
  } catch {
    return false;
  }
}
