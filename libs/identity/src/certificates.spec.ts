import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { ConsiliumError } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCertificateAuthority, openCertificateAuthority, signLeaf } from './certificate-authority.js';
import { spkiSha256 } from './certificate.js';
import { issueServerCertificate } from './server-certificate.js';
import { checkCsr, issueSiteCertificate } from './site-certificate.js';
import { siteOfCertificate } from './spiffe.js';
import { createCsr, createTransportKey, transportKeyPair } from './transport-keys.js';
import { x509, ECDSA_P256 } from './x509.js';

const now = new Date();
const DAY = 86_400_000;
const ca = await createCertificateAuthority({ consortium: 'heart', now });
const siteKey = await createTransportKey();
const csr = await createCsr(siteKey);
const cleveland = await issueSiteCertificate({ ca, csr, consortium: 'heart', site: 'cleveland', now });

/** Whether node:tls, as the coordinator uses it, accepts this certificate from a client. */
async function acceptedAsClient(key: string, cert: string): Promise<boolean> {
  const server = await issueServerCertificate({ ca, hosts: ['localhost'], now, days: 1 });
  return new Promise((resolve, reject) => {
    const listener = createServer(
      {
        key: server.privateKeyPem,
        cert: server.chainPem,
        ca: ca.certificatePem,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.3',
      },
      (socket: TLSSocket) => {
        resolve(socket.authorized);
        socket.end();
        listener.close();
      },
    );
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as AddressInfo;
      connect({ port, host: '127.0.0.1', servername: 'localhost', ca: ca.certificatePem, key, cert }).on('error', reject).resume();
    });
  });
}

describe('the transport CA', () => {
  it('is a CA that signs leaves and no further CA, for ten years', () => {
    const certificate = new X509Certificate(ca.certificatePem);
    expect(certificate.ca).toBe(true);
    expect(certificate.subject).toBe('CN=Consilium heart CA');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(new x509.X509Certificate(ca.certificateDer).getExtension(x509.BasicConstraintsExtension)?.pathLength).toBe(0);
    expect(certificate.validToDate.getTime() - now.getTime()).toBeGreaterThan(3649 * DAY);
  });

  it('comes back from its two files', async () => {
    expect(await openCertificateAuthority({ ...ca, now })).toEqual(ca);
  });

  it('is refused with the key of another CA', async () => {
    const other = await createCertificateAuthority({ consortium: 'heart', now });
    await expect(
      openCertificateAuthority({ certificatePem: ca.certificatePem, privateKeyPem: other.privateKeyPem, now }),
    ).rejects.toMatchObject({ code: 'CA_INVALID', message: expect.stringContaining('does not belong') });
  });

  it('is refused when the certificate is a leaf, or when its time is over', async () => {
    const leaf = await issueServerCertificate({ ca, hosts: ['localhost'], now, days: 1 });
    await expect(openCertificateAuthority({ certificatePem: leaf.pem, privateKeyPem: leaf.privateKeyPem, now })).rejects.toMatchObject({
      code: 'CA_INVALID',
      message: expect.stringContaining('not one of a CA'),
    });
    await expect(openCertificateAuthority({ ...ca, now: new Date(now.getTime() + 3651 * DAY) })).rejects.toMatchObject({
      message: expect.stringContaining('not valid today'),
    });
  });

  it('is named by the hash of its public key, the same for another certificate of the key', async () => {
    const keys = transportKeyPair(ca.privateKeyPem);
    const renewed = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=renewed', keys, signingAlgorithm: ECDSA_P256 });
    expect(spkiSha256(new Uint8Array(renewed.rawData))).toBe(spkiSha256(ca.certificateDer));
    expect(spkiSha256(ca.certificatePem)).toBe(spkiSha256(ca.certificateDer));
    expect(spkiSha256(cleveland.der)).not.toBe(spkiSha256(ca.certificateDer));
  });
});

describe("a site's certificate", () => {
  it('names the site by a SPIFFE URI, for 90 days, and serves clients only', () => {
    const certificate = new X509Certificate(cleveland.der);
    expect(certificate.subjectAltName).toBe('URI:spiffe://heart/site/cleveland');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(new X509Certificate(ca.certificatePem))).toBe(true);
    expect(certificate.verify(new X509Certificate(ca.certificatePem).publicKey)).toBe(true);
    expect(cleveland.serial).toBe(certificate.serialNumber);
    expect(cleveland.fingerprint).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(Math.round((cleveland.notAfter.getTime() - now.getTime()) / DAY)).toBe(90);
    expect(siteOfCertificate(cleveland.der, 'heart')).toBe('cleveland');
  });

  it('is accepted from a client, and a server certificate of the same CA is not', async () => {
    const server = await issueServerCertificate({ ca, hosts: ['localhost'], now, days: 1 });
    expect(await acceptedAsClient(siteKey, cleveland.pem)).toBe(true);
    expect(await acceptedAsClient(server.privateKeyPem, server.pem)).toBe(false);
  });

  it('never outlives the CA', async () => {
    const late = new Date(now.getTime() + 3600 * DAY);
    const last = await issueSiteCertificate({ ca, csr, consortium: 'heart', site: 'cleveland', now: late });
    expect(last.notAfter).toEqual(new X509Certificate(ca.certificatePem).validToDate);
  });

  it('takes only the key from the request: another name in it changes nothing', async () => {
    const keys = transportKeyPair(siteKey);
    const boasting = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=hungarian',
      keys,
      signingAlgorithm: ECDSA_P256,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://heart/site/hungarian' }])],
    });
    const issued = await issueSiteCertificate({
      ca,
      csr: new Uint8Array(boasting.rawData),
      consortium: 'heart',
      site: 'cleveland',
      now,
    });
    expect(siteOfCertificate(issued.der, 'heart')).toBe('cleveland');
    expect(new X509Certificate(issued.der).subject).toBe('CN=cleveland');
  });

  it('is never issued for a key that did not sign the request, whichever byte of the request was changed', async () => {
    let refused = 0;
    for (let at = 0; at < csr.length; at += 1) {
      const tampered = Buffer.from(csr);
      tampered.writeUInt8(tampered.readUInt8(at) ^ 1, at);
      const outcome = await issueSiteCertificate({ ca, csr: tampered, consortium: 'heart', site: 'cleveland', now }).catch(
        (error: ConsiliumError) => error.code,
      );
      // What is left are tags that the parser reads generously: the signature still fits the very same key.
      if (typeof outcome === 'string') expect(outcome, `byte ${at}`).toBe('CSR_INVALID');
      else expect(spkiSha256(outcome.der), `byte ${at}`).toBe(spkiSha256(cleveland.der));
      if (typeof outcome === 'string') refused += 1;
    }
    expect(refused).toBeGreaterThan(csr.length - 10);
  });

  it('is not issued for a request that is cut short, far too long, or for another kind of key', async () => {
    await expect(checkCsr(csr.subarray(0, 100))).rejects.toMatchObject({ code: 'CSR_INVALID' });
    await expect(checkCsr(Buffer.alloc(100_000))).rejects.toMatchObject({ code: 'CSR_INVALID' });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
    const keys = {
      privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
    };
    const wide = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
    await expect(checkCsr(new Uint8Array(wide.rawData))).rejects.toMatchObject({ message: expect.stringContaining('not ECDSA P-256') });
  });

  it('is read strictly: another consortium, a further name or another path names no site', async () => {
    expect(() => siteOfCertificate(cleveland.der, 'heart.example')).toThrow(expect.objectContaining({ code: 'CERTIFICATE_INVALID' }));
    const wrong: x509.JsonGeneralNames[] = [
      [
        { type: 'url', value: 'spiffe://heart/site/cleveland' },
        { type: 'url', value: 'spiffe://heart/site/hungarian' },
      ],
      [
        { type: 'url', value: 'spiffe://heart/site/cleveland' },
        { type: 'dns', value: 'localhost' },
      ],
      [{ type: 'dns', value: 'spiffe://heart/site/cleveland' }],
      [{ type: 'url', value: 'spiffe://heart/site/cleveland/x' }],
      [{ type: 'url', value: 'spiffe://heart/site/Cleveland' }],
      [{ type: 'url', value: 'spiffe://heart/site/' }],
      [{ type: 'url', value: 'https://heart/site/cleveland' }],
    ];
    for (const names of wrong) {
      const { publicKey } = transportKeyPair(siteKey);
      const leaf = await signLeaf(ca, { commonName: 'cleveland', publicKey, names, usage: 'client', now, days: 1 });
      expect(() => siteOfCertificate(new Uint8Array(leaf.rawData), 'heart'), JSON.stringify(names)).toThrow(
        expect.objectContaining({ code: 'CERTIFICATE_INVALID' }),
      );
    }
    const server = await issueServerCertificate({ ca, hosts: ['localhost'], now, days: 1 });
    expect(() => siteOfCertificate(server.der, 'heart')).toThrow(expect.objectContaining({ code: 'CERTIFICATE_INVALID' }));
  });

  it('never makes the reader fail in another way, whatever bytes come', () => {
    const read = (bytes: Uint8Array) => {
      try {
        siteOfCertificate(bytes, 'heart');
      } catch (error) {
        expect(error).toBeInstanceOf(ConsiliumError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), read), { numRuns: 100 });
    fc.assert(
      fc.property(fc.nat(cleveland.der.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(cleveland.der);
        bytes.writeUInt8(value, at);
        read(bytes);
      }),
      { numRuns: 300 },
    );
    read(Buffer.alloc(1_000_000, 0x30));
  });
});

describe("the coordinator's certificate", () => {
  it('carries DNS names and addresses and is presented together with the CA', async () => {
    const server = await issueServerCertificate({ ca, hosts: ['coord.heart.example', '192.0.2.7', '2001:db8::7'], now, days: 30 });
    const certificate = new X509Certificate(server.pem);
    expect(certificate.checkHost('coord.heart.example')).toBe('coord.heart.example');
    expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(certificate.checkIP('2001:db8::7')).toBe('2001:db8::7');
    expect(certificate.checkHost('other.example')).toBeUndefined();
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(server.chainPem).toBe(server.pem + ca.certificatePem);
  });

  it('is not issued for what is no host', async () => {
    for (const host of ['', '*.example', 'a b', 'host:443', 'x'.repeat(300)])
      await expect(issueServerCertificate({ ca, hosts: [host], now, days: 1 }), host).rejects.toThrow(z.ZodError);
    await expect(issueServerCertificate({ ca, hosts: [], now, days: 1 })).rejects.toThrow(z.ZodError);
  });
});

describe('a transport key', () => {
  it('is refused without a word of it when it is not ECDSA P-256', async () => {
    const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const pem of ['', 'secret words', ed25519])
      await expect(createCsr(pem)).rejects.toSatisfy(
        (error: ConsiliumError) => error.code === 'TRANSPORT_KEY_INVALID' && error.cause === undefined,
      );
  });
});
