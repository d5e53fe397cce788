import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { certificateLife, issueServerCertificate, readSecretFile, writeSecretFile, type CertificateAuthority } from '@consilium/identity';

const DAYS = 397;

/** What the coordinator's TLS port presents. */
export interface ServerIdentity {
  readonly privateKeyPem: string;
  /** Leaf, then CA. */
  readonly chainPem: string;
}

/** What the server's certificate has to be. */
export interface ServerNeeds {
  readonly state: string;
  readonly ca: CertificateAuthority;
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  readonly now: Date;
  /** Default 397. */
  readonly days?: number | undefined;
  /** PEM of the CA before, while it is being replaced: sites may know no other yet, so its certificate stays. */
  readonly formerCa?: string | undefined;
}

/**
 * The server's key and certificate from `<state>/tls/server.pem` (mode 0600, key and chain in one file, so that they
 * always belong together); a new pair where there is none, two thirds of its life are over, or the names have changed.
 */
export async function openServerIdentity(needs: ServerNeeds): Promise<ServerIdentity> {
  const stored = await readStored(pathOf(needs.state));
  return stored && isUsable(stored, needs) ? stored : issueServerIdentity(needs);
}

/** A new key and certificate, in place of what was there. */
export async function issueServerIdentity({ state, ca, names, now, days = DAYS }: ServerNeeds): Promise<ServerIdentity> {
  const { privateKeyPem, chainPem } = await issueServerCertificate({ ca, hosts: names, now, days });
  await writeSecretFile(pathOf(state), Buffer.from(`${privateKeyPem.trimEnd()}\n${chainPem}`));
  return { privateKeyPem, chainPem };
}

const pathOf = (state: string): string => join(state, 'tls', 'server.pem');

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

function isUsable({ privateKeyPem, chainPem }: ServerIdentity, { ca, names, now, formerCa }: ServerNeeds): boolean {
  try {
    const leaf = new X509Certificate(chainPem);
    const { renewAt, endsAt } = certificateLife(chainPem);
    const isBy = (authority: string) => leaf.verify(new X509Certificate(authority).publicKey);
    const inTime = isBy(ca.certificatePem) ? now < renewAt : formerCa !== undefined && isBy(formerCa) && now < endsAt;
    return (
      inTime &&
      leaf.checkPrivateKey(createPrivateKey(privateKeyPem)) &&
      names.every((name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined)
    );
  } catch {
    return false;
  }
}
