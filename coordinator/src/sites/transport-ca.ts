import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCertificateAuthority,
  openCertificateAuthority,
  readSecretFile,
  writeSecretFile,
  type CertificateAuthority,
} from '@consilium/identity';

const pathsOf = (state: string) => {
  const at = (name: string) => join(state, 'ca', name);
  return {
    key: at('key.pem'),
    certificate: at('certificate.pem'),
    nextKey: at('next-key.pem'),
    nextCertificate: at('next-certificate.pem'),
    former: at('former-certificate.pem'),
  };
};

/**
 * The consortium's transport CA under `<state>/ca`, made at the first start. An organisation may put its own there:
 * `key.pem` (mode 0600) and `certificate.pem`.
 * @throws ConsiliumError CA_INVALID, KEY_FILE_MODE, KEY_FILE_MISSING
 */
export async function openTransportCa(state: string, consortium: string, now: Date): Promise<CertificateAuthority> {
  const paths = pathsOf(state);
  await takeNext(state);
  const certificatePem = await readText(paths.certificate);
  if (certificatePem !== undefined) {
    const privateKeyPem = (await readSecretFile(paths.key)).toString('utf8');
    return openCertificateAuthority({ certificatePem, privateKeyPem, now });
  }
  // The certificate is written last: a key without one has signed nothing, and is replaced.
  const ca = await createCertificateAuthority({ consortium, now });
  await writeSecretFile(paths.key, Buffer.from(ca.privateKeyPem));
  await writeFile(paths.certificate, ca.certificatePem, { mode: 0o644, flush: true });
  return ca;
}

/**
 * A new CA in place of the one before, whose key is gone afterwards: what it signed counts as long as
 * {@link formerCa} is there.
 */
export async function replaceTransportCa(state: string, consortium: string, now: Date): Promise<CertificateAuthority> {
  const paths = pathsOf(state);
  const ca = await createCertificateAuthority({ consortium, now });
  await writeSecretFile(paths.nextKey, Buffer.from(ca.privateKeyPem));
  await writeFile(paths.former, await readFile(paths.certificate), { mode: 0o644, flush: true });
  // From here on the change is decided: the next start ends it, if this process does not.
  await writeFile(paths.nextCertificate, ca.certificatePem, { mode: 0o644, flush: true });
  await takeNext(state);
  return ca;
}

/** PEM of the CA before the present one, while both are trusted. */
export async function formerCa(state: string): Promise<string | undefined> {
  return readText(pathsOf(state).former);
}

/** The CA before is trusted no more. */
export async function forgetFormerCa(state: string): Promise<void> {
  await rm(pathsOf(state).former, { force: true });
}

async function takeNext(state: string): Promise<void> {
  const { key, certificate, nextKey, nextCertificate } = pathsOf(state);
  if ((await readText(nextCertificate)) === undefined) return;
  await rename(nextKey, key).catch(ifPresent);
  await rename(nextCertificate, certificate);
}

function ifPresent(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
