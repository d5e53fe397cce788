import { X509Certificate } from 'node:crypto';
import { certificateLife, createCsr, spkiSha256, type SiteKeys } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { Logger } from 'pino';
import { call, retryDelays, type Connection } from '../connection/index.js';
import { acceptCertificate } from '../join/index.js';
import { pause } from '../session/pause.js';
import { newestRoster, readMembership, saveCertificate, type SiteState } from '../state/index.js';

export interface CertificateKeeperOptions {
  readonly state: SiteState;
  readonly connection: Pick<Connection, 'enrolment' | 'roster' | 'renew'>;
  readonly keys: Pick<SiteKeys, 'transportKeyPem'>;
  readonly log: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** A new certificate is in use, until then. */
  readonly onRenewed: (endsAt: Date) => void;
}

/** A timer cannot hold months, and a clock may be set. */
const LONGEST_WAIT_MS = 3_600_000;
const SAY_AGAIN_MS = 86_400_000;

/**
 * Renews this site's certificate at two thirds of its life, again and again until it succeeds, and has the connection
 * use it for the next call: no restart, and no stream that breaks (field case TRF-5). The transport key stays; a new one
 * comes with `join --new-keys`.
 */
export class CertificateKeeper {
  #hurry = new AbortController();
  #inUse: string;
  #said = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: CertificateKeeperOptions) {
    this.#inUse = readMembership(options.state).certificatePem;
  }

  /** Renews at once where the certificate is not by the CA that the coordinator signs with now. @param caSha256 - of its public key */
  issuerIs(caSha256: Uint8Array): void {
    const { caPem, certificatePem } = readMembership(this.options.state);
    const certificate = new X509Certificate(certificatePem);
    const wanted = Buffer.from(caSha256).toString('hex');
    const authorities = caPem.split(/(?=-----BEGIN CERTIFICATE-----)/).filter((pem) => pem.trim() !== '');
    const isBy = authorities.some((pem) => spkiSha256(pem) === wanted && certificate.verify(new X509Certificate(pem).publicKey));
    if (!isBy && caSha256.length > 0) this.#hurry.abort();
  }

  /** Runs until `signal` aborts. Never throws. */
  async run(): Promise<void> {
    const { state, signal } = this.options;
    let delays = retryDelays({ firstMs: 1, maxMs: 1 });
    let failing = false;
    while (!signal.aborted) {
      const membership = readMembership(state);
      // A `join` in the meantime, while this agent runs.
      if (membership.certificatePem !== this.#inUse) this.#use(membership);
      const { renewAt, endsAt } = certificateLife(membership.certificatePem);
      const due = this.#hurry.signal.aborted || Date.now() >= renewAt.getTime();
      if (!due) {
        await pause(Math.min(renewAt.getTime() - Date.now() + 1, LONGEST_WAIT_MS), AbortSignal.any([signal, this.#hurry.signal]));
        continue;
      }
      try {
        await this.#renew();
        failing = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!failing) delays = triesWithin(endsAt.getTime() - renewAt.getTime());
        failing = true;
        this.#sayFailure(error, endsAt);
        await pause(delays.next().value, signal);
      }
    }
  }

  async #renew(): Promise<void> {
    const { state, connection, keys, log, signal } = this.options;
    const { consortium, site } = readMembership(state);
    const response = await call(connection.enrolment.renew, { csr: await createCsr(keys.transportKeyPem) }, { signal });
    const accepted = acceptCertificate(response, { consortium, site, transportKeyPem: keys.transportKeyPem });
    // On disk first: what is in use must be there after a restart.
    saveCertificate(state, accepted);
    this.#hurry = new AbortController();
    this.#use(accepted);
    // The new certificate is the one in use, and the coordinator knows that it has come.
    await call(connection.roster.get, { fromEpoch: newestRoster(state)?.epoch }, { signal });
    log.info({ until: certificateLife(accepted.certificatePem).endsAt.toISOString() }, 'the certificate has been renewed');
  }

  #use({ certificatePem, caPem }: { readonly certificatePem: string; readonly caPem: string }): void {
    const { connection, keys, onRenewed } = this.options;
    connection.renew({ caPem, client: { certificatePem, transportKeyPem: keys.transportKeyPem } });
    this.#inUse = certificatePem;
    onRenewed(certificateLife(certificatePem).endsAt);
  }

  /** Once a day: there is a third of its life to put right what is wrong. */
  #sayFailure(error: unknown, endsAt: Date): void {
    if (performance.now() - this.#said < SAY_AGAIN_MS) return;
    this.#said = performance.now();
    const code = error instanceof ConsiliumError ? error.code : 'INTERNAL';
    this.options.log.warn({ code, until: endsAt.toISOString() }, 'the certificate could not be renewed and ends soon; trying again');
  }
}

/** Waits between tries, at least twenty of them within the time that is left. */
function triesWithin(ms: number): Generator<number, never> {
  const maxMs = Math.min(Math.max(ms / 20, 100), LONGEST_WAIT_MS);
  return retryDelays({ firstMs: Math.min(1_000, maxMs), maxMs });
}
