import { createHash, X509Certificate } from 'node:crypto';
import { credentials, Server, type ChannelCredentials } from '@grpc/grpc-js';
import {
  createCertificateAuthority,
  createCsr,
  createTransportKey,
  issueServerCertificate,
  issueSiteCertificate,
  type CertificateAuthority,
} from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { pino } from 'pino';
import type { CallContext } from '../src/grpc/handlers.js';
import { OpenStreams } from '../src/grpc/open-streams.js';
import { serverCredentials } from '../src/grpc/server-credentials.js';

export const CONSORTIUM = 'test';
const now = new Date();

export interface TestPeer {
  readonly credentials: ChannelCredentials;
  /** Of its certificate; empty where it has none. */
  readonly fingerprint: string;
}

/** A gRPC server behind the coordinator's TLS, and peers with certificates that count, that do not, and without any. */
export class TlsPeers {
  /** Certificates that count, by fingerprint. */
  readonly admitted = new Map<string, SiteName>();
  readonly server = new Server();
  readonly context: CallContext = {
    lookup: async (fingerprint) => this.admitted.get(fingerprint),
    streams: new OpenStreams(),
    log: pino({ level: 'silent' }),
    observed: () => undefined,
  };
  address = '';

  private constructor(readonly ca: CertificateAuthority) {}

  static async create(): Promise<TlsPeers> {
    return new TlsPeers(await createCertificateAuthority({ consortium: CONSORTIUM, now }));
  }

  /** Call it once the server has its services. */
  async listen(): Promise<void> {
    const { chainPem, privateKeyPem } = await issueServerCertificate({ ca: this.ca, hosts: ['localhost'], now, days: 1 });
    const identity = {
      certificateChain: Buffer.from(chainPem),
      privateKey: Buffer.from(privateKeyPem),
      clientAuthority: Buffer.from(this.ca.certificatePem),
    };
    const port = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync('127.0.0.1:0', serverCredentials(identity), (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    this.address = `localhost:${port}`;
  }

  /** A peer with a certificate of the given CA, admitted unless said otherwise. */
  async peer(site: string, { ca = this.ca, admitted = true } = {}): Promise<TestPeer> {
    const key = await createTransportKey();
    const { pem } = await issueSiteCertificate({ ca, csr: await createCsr(key), consortium: CONSORTIUM, site, now });
    const fingerprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
    if (admitted) this.admitted.set(fingerprint, SiteName.parse(site));
    return { credentials: credentials.createSsl(Buffer.from(this.ca.certificatePem), Buffer.from(key), Buffer.from(pem)), fingerprint };
  }

  anonymous(): TestPeer {
    return { credentials: credentials.createSsl(Buffer.from(this.ca.certificatePem)), fingerprint: '' };
  }
}
