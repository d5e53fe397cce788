import { fingerprintWords, spkiSha256 } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { listSites, usedCertificates, type Database } from '../storage/index.js';
import type { TransportTrust } from './transport-trust.js';

/** The transport CA as people see it. */
export const CaView = z.object({
  /** What a joining site's IT sees and compares by phone. */
  words: z.string(),
  /** The words of the CA that follows, while it is being changed. */
  nextWords: z.string().nullable(),
  /** Members that have not come with a certificate by the CA that follows. */
  waitingFor: z.array(SiteName),
});
export type CaView = z.infer<typeof CaView>;

/** A change of the consortium's CA, from the decision to the last site that has followed. */
export class CaChange {
  constructor(
    private readonly db: Database,
    private readonly trust: TransportTrust,
    private readonly clock: () => Date,
  ) {}

  async view(): Promise<CaView> {
    const { trust } = this;
    return {
      words: wordsOf(trust.tokenCaSha256),
      nextWords: trust.isChanging ? wordsOf(spkiSha256(trust.issuing.certificateDer)) : null,
      waitingFor: trust.isChanging ? await this.#waitingFor() : [],
    };
  }

  /** A new CA signs from now on; connected sites exchange their certificates at once. @throws ConsiliumError CA_CHANGING */
  async begin(): Promise<CaView> {
    await this.trust.replaceCa();
    return this.view();
  }

  /** What the CA before signed counts no more; sites that have not followed must join again with a token. */
  async end(): Promise<CaView> {
    await this.trust.endChange();
    return this.view();
  }

  /** Ends the change once every member has followed. */
  async endWhenAllHaveFollowed(): Promise<void> {
    if (this.trust.isChanging && (await this.#waitingFor()).length === 0) await this.trust.endChange();
  }

  /**
   * A site has followed when it has *come* with a certificate by the new CA: an answer that was lost on the way has told
   * it nothing, and the server must not present what the site cannot check.
   */
  async #waitingFor(): Promise<SiteName[]> {
    const waiting: SiteName[] = [];
    const now = this.clock();
    for (const { name, state } of await listSites(this.db)) {
      if (state !== 'admitted') continue;
      const used = await usedCertificates(this.db, name);
      if (!used.some(({ der, not_after }) => not_after > now && !this.trust.isByFormer(der))) waiting.push(name);
    }
    return waiting;
  }
}

const wordsOf = (sha256: string): string => fingerprintWords(Buffer.from(sha256, 'hex'));
