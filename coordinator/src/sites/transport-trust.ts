import { X509Certificate } from 'node:crypto';
import { certificateLife, spkiSha256, type CertificateAuthority } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { issueServerIdentity, openServerIdentity, type ServerIdentity, type ServerNeeds } from './server-identity.js';
import { forgetFormerCa, formerCa, openTransportCa, replaceTransportCa } from './transport-ca.js';

export interface TransportTrustOptions {
  readonly state: string;
  readonly consortium: string;
  /** DNS names and IP addresses that the server is reached at. */
  readonly serverNames: readonly string[];
  readonly clock: () => Date;
  /** How long the server's certificate lasts; default 397. */
  readonly serverDays?: number | undefined;
}

/** What the TLS port presents, and whose client certificates it believes; all in PEM. */
export interface PresentedIdentity {
  readonly certificateChain: Buffer;
  readonly privateKey: Buffer;
  readonly clientAuthority: Buffer;
}

/**
 * Who may connect (PROTOCOL.md section 2: transport only, never a protocol message): the CA, the server's own
 * certificate, and the change of either while everything runs.
 *
 * A new CA signs the sites' certificates at once; the server goes on presenting the certificate that all sites can
 * check, by the CA before, until every site has come with a certificate by the new one, and has so learned of it.
 */
export class TransportTrust {
  readonly #listeners = new Set<() => void>();

  private constructor(
    private readonly options: TransportTrustOptions,
    private authority: CertificateAuthority,
    private server: ServerIdentity,
    /** PEM of the CA before, during a change. */
    private former: string | undefined,
  ) {}

  /** @throws ConsiliumError CA_INVALID, KEY_FILE_MODE, KEY_FILE_MISSING */
  static async open(options: TransportTrustOptions): Promise<TransportTrust> {
    const authority = await openTransportCa(options.state, options.consortium, options.clock());
    const former = await formerCa(options.state);
    const server = await openServerIdentity({ ...needsOf(options, authority), formerCa: former });
    return new TransportTrust(options, authority, server, former);
  }

  /** Signs the sites' certificates. */
  get issuing(): CertificateAuthority {
    return this.authority;
  }

  /** SHA-256 of the public key of the CA by which a newcomer knows the server: what join tokens name. Hex. */
  get tokenCaSha256(): string {
    return spkiSha256(this.former !== undefined && this.isByFormer(this.server.chainPem) ? this.former : this.authority.certificatePem);
  }

  /** DER of the CAs that count, newest first: what sites are told to trust. */
  get trusted(): readonly Buffer[] {
    return [this.authority.certificateDer, ...(this.former === undefined ? [] : [new X509Certificate(this.former).raw])];
  }

  get identity(): PresentedIdentity {
    return {
      certificateChain: Buffer.from(this.server.chainPem),
      privateKey: Buffer.from(this.server.privateKeyPem),
      clientAuthority: Buffer.from(this.authority.certificatePem + (this.former ?? '')),
    };
  }

  /** Whether a change of the CA is under way. */
  get isChanging(): boolean {
    return this.former !== undefined;
  }

  /** When the server's certificate is to be renewed. */
  get serverRenewAt(): Date {
    return certificateLife(this.server.chainPem).renewAt;
  }

  /** Called when {@link identity} has changed: it counts for the next handshake. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** A certificate by the CA before, which a site still has to exchange. @param certificate - DER or PEM */
  isByFormer(certificate: Uint8Array | string): boolean {
    return this.former !== undefined && new X509Certificate(certificate).verify(new X509Certificate(this.former).publicKey);
  }

  /** A new certificate for the server, once two thirds of its life are over. */
  async renewServer(): Promise<void> {
    const { authority, former, options } = this;
    const server = await openServerIdentity({ ...needsOf(options, authority), formerCa: former });
    if (server.chainPem !== this.server.chainPem) this.#present(server);
  }

  /** A new CA. @throws ConsiliumError CA_CHANGING */
  async replaceCa(): Promise<void> {
    if (this.isChanging)
      throw new ConsiliumError({
        code: 'CA_CHANGING',
        errorClass: 'refused',
        message: 'The CA is being replaced already.',
        fix: 'See which sites have not followed yet: consilium ca status.',
      });
    const { state, consortium, clock } = this.options;
    const former = this.authority.certificatePem;
    this.authority = await replaceTransportCa(state, consortium, clock());
    this.former = former;
    this.#present(this.server);
  }

  /** Ends a change of the CA: what the one before signed counts no more, and the server presents a certificate by the new one. */
  async endChange(): Promise<void> {
    if (!this.isChanging) return;
    const server = await issueServerIdentity(needsOf(this.options, this.authority));
    await forgetFormerCa(this.options.state);
    this.former = undefined;
    this.#present(server);
  }

  #present(server: ServerIdentity): void {
    this.server = server;
    for (const listener of this.#listeners) listener();
  }
}

function needsOf({ state, serverNames: names, clock, serverDays: days }: TransportTrustOptions, ca: CertificateAuthority): ServerNeeds {
  return { state, ca, names, now: clock(), days };
}
