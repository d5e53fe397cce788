import type { SiteName } from '@consilium/protocol';
import { markCertificateUsed, memberCertificate, type Database } from '../storage/index.js';

/**
 * Which certificates count now, asked at every call: from memory, where each is looked up once and stays until it
 * expires or its site is revoked. Only found ones are kept, so that a stranger cannot fill the memory.
 */
export class CurrentCertificates {
  readonly #known = new Map<string, { readonly site: SiteName; readonly endsAt: number }>();
  /** Grows with every revocation: what was read before one is not kept after it. */
  #revocations = 0;

  constructor(
    private readonly db: Database,
    private readonly clock: () => Date,
  ) {}

  /** @param fingerprint - SHA-256 of the certificate's DER form, lower-case hex */
  async siteOf(fingerprint: string): Promise<SiteName | undefined> {
    const known = this.#known.get(fingerprint) ?? (await this.#lookUp(fingerprint));
    if (!known) return undefined;
    if (known.endsAt > this.clock().getTime()) return known.site;
    this.#known.delete(fingerprint);
    return undefined;
  }

  /** From the next call on nothing of this site counts, until it is looked up anew. */
  forget(site: SiteName): void {
    this.#revocations += 1;
    for (const [fingerprint, known] of this.#known) if (known.site === site) this.#known.delete(fingerprint);
  }

  async #lookUp(fingerprint: string): Promise<{ readonly site: SiteName; readonly endsAt: number } | undefined> {
    const before = this.#revocations;
    const row = await memberCertificate(this.db, fingerprint);
    if (!row) return undefined;
    await markCertificateUsed(this.db, fingerprint, this.clock());
    // A revocation that came in between may be of this very site: ask again.
    if (before !== this.#revocations) return this.#lookUp(fingerprint);
    const found = { site: row.site, endsAt: row.not_after.getTime() };
    this.#known.set(fingerprint, found);
    return found;
  }
}
