import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from './certificate-authority.js';
import { spkiSha256 } from './certificate.js';
import { fetchAuthenticatedCa } from './first-contact.js';
import { issueServerCertificate } from './server-certificate.js';
import { issueSiteCertificate } from './site-certificate.js';
import { createCsr, createTransportKey } from './transport-keys.js';

const now = new Date();
const DAY = 86_400_000;
const ca = await createCertificateAuthority({ consortium: 'heart', now });
const caSpkiSha256 = spkiSha256(ca.certificateDer);
const real = await issueServerCertificate({ ca, hosts: ['localhost', '127.0.0.1'], now, days: 30 });
const other = await createCertificateAuthority({ consortium: 'other', now });

const open: Server[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A TLS server that counts what clients send it after the handshake. */
async function tlsServer(key: string, cert: string, options: TlsOptions = {}): Promise<{ port: number; received: () => number }> {
  let received = 0;
  const server = createServer({ key, cert, minVersion: 'TLSv1.3', ALPNProtocols: ['h2'], ...options }, (socket) => {
    socket.on('data', (bytes: Buffer) => (received += bytes.length));
    socket.on('error', () => undefined);
  });
  return { port: await listen(server), received: () => received };
}

const contact = (port: number, more: Partial<Parameters<typeof fetchAuthenticatedCa>[0]> = {}) =>
  fetchAuthenticatedCa({ host: '127.0.0.1', port, caSpkiSha256, timeoutMs: 5_000, ...more });

describe('the first contact', () => {
  it('returns the CA that the token names, by name and by address, and sends nothing', async () => {
    const { port, received } = await tlsServer(real.privateKeyPem, real.chainPem, { requestCert: true, rejectUnauthorized: false });
    expect(await contact(port)).toBe(ca.certificatePem);
    expect(await contact(port, { host: 'localhost' })).toBe(ca.certificatePem);
    expect(received()).toBe(0);
  });

  it("refuses another consortium's coordinator and says who issued its certificate", async () => {
    const foreign = await issueServerCertificate({ ca: other, hosts: ['127.0.0.1'], now, days: 1 });
    const { port, received } = await tlsServer(foreign.privateKeyPem, foreign.chainPem);
    await expect(contact(port)).rejects.toMatchObject({
      code: 'CA_MISMATCH',
      exitCode: 6,
      message: `The server at 127.0.0.1:${port} is not the coordinator of this token: its certificate was issued by "Consilium other CA".`,
    });
    expect(received()).toBe(0);
  });

  it('refuses a stranger that presents the true CA certificate beside a certificate of its own', async () => {
    const foreign = await issueServerCertificate({ ca: other, hosts: ['127.0.0.1'], now, days: 1 });
    const { port } = await tlsServer(foreign.privateKeyPem, foreign.pem + ca.certificatePem);
    await expect(contact(port)).rejects.toMatchObject({ code: 'CA_MISMATCH' });
    const namesake = await createCertificateAuthority({ consortium: 'heart', now });
    const forged = await issueServerCertificate({ ca: namesake, hosts: ['127.0.0.1'], now, days: 1 });
    const second = await tlsServer(forged.privateKeyPem, forged.pem + ca.certificatePem);
    await expect(contact(second.port)).rejects.toMatchObject({ code: 'CA_MISMATCH' });
  });

  it('refuses a member hospital that poses as the coordinator with its site certificate', async () => {
    const key = await createTransportKey();
    const site = await issueSiteCertificate({ ca, csr: await createCsr(key), consortium: 'heart', site: 'cleveland', now });
    const { port } = await tlsServer(key, site.pem + ca.certificatePem);
    await expect(contact(port)).rejects.toMatchObject({ errorClass: 'verification' });
  });

  it('refuses a leaf that is itself the key the token names', async () => {
    const { port } = await tlsServer(real.privateKeyPem, real.chainPem);
    await expect(contact(port, { caSpkiSha256: spkiSha256(real.der) })).rejects.toMatchObject({ code: 'CA_MISMATCH' });
  });

  it('tells a wrong name and a wrong time apart from a wrong CA', async () => {
    const elsewhere = await issueServerCertificate({ ca, hosts: ['coord.example'], now, days: 1 });
    const wrongName = await tlsServer(elsewhere.privateKeyPem, elsewhere.chainPem);
    await expect(contact(wrongName.port)).rejects.toMatchObject({
      code: 'COORDINATOR_CERTIFICATE',
      message: expect.stringContaining('does not carry this name'),
    });
    const old = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now: new Date(now.getTime() - 10 * DAY), days: 2 });
    const expired = await tlsServer(old.privateKeyPem, old.chainPem);
    await expect(contact(expired.port)).rejects.toMatchObject({
      code: 'COORDINATOR_CERTIFICATE',
      message: expect.stringContaining('has expired'),
    });
  });

  it('names a device that inspects TLS even when it speaks only TLS 1.2', async () => {
    const device = await createCertificateAuthority({ consortium: 'firewall', now });
    const minted = await issueServerCertificate({ ca: device, hosts: ['127.0.0.1'], now, days: 1 });
    const { port } = await tlsServer(minted.privateKeyPem, minted.chainPem, {
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    await expect(contact(port)).rejects.toMatchObject({ code: 'CA_MISMATCH', message: expect.stringContaining('"Consilium firewall CA"') });
  });

  it('does not settle for less than TLS 1.3 and HTTP/2, even from the true coordinator', async () => {
    const old = await tlsServer(real.privateKeyPem, real.chainPem, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    await expect(contact(old.port)).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE', message: expect.stringContaining('TLS 1.3') });
    const plain = createServer({ key: real.privateKeyPem, cert: real.chainPem }, (socket) => socket.on('error', () => undefined).resume());
    await expect(contact(await listen(plain))).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
  });

  it('says when nobody answers, nobody is known by the name, or something else answers', async () => {
    const { port } = await tlsServer(real.privateKeyPem, real.chainPem);
    await new Promise((resolve) => open.pop()?.close(resolve));
    await expect(contact(port)).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      exitCode: 3,
      message: `The coordinator at 127.0.0.1:${port} cannot be reached: the connection was refused.`,
    });
    await expect(contact(443, { host: 'coordinator.invalid' })).rejects.toMatchObject({ message: expect.stringMatching(/DNS/) });
    const http = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await expect(contact(await listen(http))).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
  });

  it('waits no longer than it was told to', async () => {
    const held: { destroy(): void }[] = [];
    const silent = createTcpServer((socket) => held.push(socket));
    const port = await listen(silent);
    const started = Date.now();
    await expect(contact(port, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      message: expect.stringContaining('does not answer in time'),
    });
    expect(Date.now() - started).toBeLessThan(3_000);
    for (const socket of held) socket.destroy();
  });
});
