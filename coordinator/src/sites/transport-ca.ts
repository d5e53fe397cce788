import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCertificateAuthority,
  openCertificateAuthority,
  readSecretFile,
  writeSecretFile,
  type CertificateAuthority,
} from '@consilium/identity';

/**
 * The consortium's transport CA under `<state>/ca`, made at the first start. An organisation may put its own there:
 * `key.pem` (mode 0600) and `certificate.pem`.
 * @throws ConsiliumError CA_INVALID, KEY_FILE_MODE, KEY_FILE_MISSING
 */
export async function openTransportCa(state: string, consortium: string, now: Date): Promise<CertificateAuthority> {
  const keyFile = join(state, 'ca', 'key.pem');
  const certificateFile = join(state, 'ca', 'certificate.pem');
  const certificatePem = await readFile(certificateFile, 'utf8').catch(() => undefined);
  if (certificatePem !== undefined) {
    const privateKeyPem = (await readSecretFile(keyFile)).toString('utf8');
    return openCertificateAuthority({ certificatePem, privateKeyPem, now });
  }
  // The certificate is written last: a key without one has signed nothing, and is replaced.
  const ca = await createCertificateAuthority({ consortium, now });
  await writeSecretFile(keyFile, Buffer.from(ca.privateKeyPem));
  await writeFile(certificateFile, ca.certificatePem, { mode: 0o644, flush: true });
  return ca;
}
