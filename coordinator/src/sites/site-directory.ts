import { randomBytes } from 'node:crypto';
import { issueSiteCertificate, memberWords, mintJoinToken, rosterWords, type IssuedCertificate, type Roster } from '@consilium/identity';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import type { JoinRequest, JoinResponse, RenewResponse } from '@consilium/protocol/wire';
import {
  addCertificate,
  addJoinToken,
  admitSite,
  bindJoinToken,
  dropTokens,
  findJoinToken,
  findSite,
  holdMember,
  inviteSite,
  keysOfAnother,
  listSites,
  lockMembers,
  newestCertificate,
  newestCertificates,
  recordSiteKeys,
  revokeCertificates,
  revokeSite,
  touchSite,
  type Database,
  type SiteHello,
  type SiteKeys,
  type SiteState,
} from '../storage/index.js';
import type { AuditLog, ChangeNotes } from '../audit/index.js';
import { CurrentCertificates } from './current-certificates.js';
import { checkJoinRequest, joinSecretHash, tokenUsed, usableToken } from './join-request.js';
import { RosterBook } from './roster-book.js';
import { admissionRefused, keysTaken, noMember, otherKeys, unknownSite } from './site-refusals.js';
import type { TransportTrust } from './transport-trust.js';
import { siteView, type Invitation, type RosterView, type SiteView } from './site-views.js';

const CERTIFICATE_DAYS = 90;

export interface SiteDirectoryOptions {
  readonly db: Database;
  readonly consortium: { readonly name: string };
  readonly trust: Pick<TransportTrust, 'issuing' | 'trusted' | 'tokenCaSha256'>;
  /** `host:port` as sites reach the coordinator now. */
  readonly publicAddress: () => string;
  readonly clock: () => Date;
  /** Where a join is recorded, in its own transaction: the one change that a site makes by itself before it is a member. */
  readonly audit?: Pick<AuditLog, 'append'>;
  /** How long a site's certificate lasts; default 90. Tests have no three months. */
  readonly certificateDays?: number;
}

/**
 * Runs a change in a transaction that also holds its audit entry: the caller knows who makes the change, the directory
 * what it is. Without one the change is not recorded.
 */
export type Recorded = (work: (tx: Database) => Promise<{ readonly result: undefined; readonly notes: ChangeNotes }>) => Promise<undefined>;

/** Who belongs to the consortium: invitations, joins, admissions, certificates, and who is connected. */
export class SiteDirectory {
  /** In memory: a session ends with the process. */
  readonly #connected = new Set<SiteName>();
  readonly #certificates: CurrentCertificates;
  readonly #revoked = new Set<(site: SiteName) => void>();
  readonly rosters: RosterBook;
  readonly #unrecorded: Recorded = (work) => this.options.db.transaction().execute(async (tx) => (await work(tx)).result);

  constructor(private readonly options: SiteDirectoryOptions) {
    this.#certificates = new CurrentCertificates(options.db, options.clock);
    this.rosters = new RosterBook(options.db, options.consortium.name);
  }

  get consortium(): string {
    return this.options.consortium.name;
  }

  /**
   * A join token for a site; its earlier tokens, and keys that came with one, count no more. A member needs one only
   * where its certificate has expired: it stays a member, and the token gives a certificate to nobody but the holder of
   * its keys. A site that was revoked begins anew.
   * @param ttlMs - 1 minute to 30 days
   * @throws ConsiliumError INVITATION_TIME
   */
  async invite(site: SiteName, ttlMs: number, record: Recorded = this.#unrecorded): Promise<Invitation> {
    if (!(ttlMs >= 60_000 && ttlMs <= 30 * 86_400_000))
      throw new ConsiliumError({
        code: 'INVITATION_TIME',
        errorClass: 'usage',
        message: 'A join token lasts between 1 minute and 30 days.',
        fix: 'Give a time such as 24h.',
      });
    const now = this.options.clock();
    const expiresAt = new Date(now.getTime() + ttlMs);
    const { token, secretHash } = mintJoinToken({
      url: this.options.publicAddress(),
      caSpkiSha256: this.options.trust.tokenCaSha256,
      site,
    });
    await record(async (tx) => {
      const before = (await findSite(tx, site))?.state ?? null;
      await inviteSite(tx, site, now);
      await dropTokens(tx, site);
      await addJoinToken(tx, { secretHash, site, expiresAt }, now);
      const after = { state: (await findSite(tx, site))?.state ?? null, tokenExpires: expiresAt.toISOString() };
      return { result: undefined, notes: { subject: `site:${site}`, before: { state: before }, after } };
    });
    return { site, token, expiresAt: expiresAt.toISOString() };
  }

  /**
   * A site introduces itself with its token: binds the token to its keys, and answers with the certificate once an
   * admin has admitted it. Asking again with the same keys changes nothing. A member gets a new certificate at once.
   * @throws ConsiliumError TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_USED, KEYS_TAKEN, KEYS_DIFFER, PROTOCOL_VERSION, JOIN_INVALID, CSR_INVALID, SIGNATURE_INVALID
   */
  async join(request: JoinRequest): Promise<JoinResponse> {
    const { db, trust, clock } = this.options;
    const secretHash = joinSecretHash(request);
    const token = usableToken(await findJoinToken(db, secretHash), clock());
    const { keys, keysHash } = await checkJoinRequest(token.site, request);
    const row = await db.transaction().execute(async (tx) => {
      const first = (await findJoinToken(tx, secretHash))?.keys_hash === null;
      if (!(await bindJoinToken(tx, secretHash, keysHash))) throw tokenUsed();
      if (await keysOfAnother(tx, token.site, keys)) throw keysTaken();
      await recordSiteKeys(tx, token.site, keys);
      const found = await findSite(tx, token.site);
      if (first && found?.state === 'admitted') await this.#welcomeBack(tx, token.site, found, keys);
      if (first) await this.#recordJoin(tx, token.site, found?.state ?? null);
      return found;
    });
    const certificate = row?.state === 'admitted' ? (await newestCertificate(db, token.site))?.der : undefined;
    return {
      site: token.site,
      consortium: this.consortium,
      pending: certificate === undefined,
      certificate: certificate ?? Buffer.alloc(0),
      caCertificates: [...trust.trusted],
    };
  }

  /**
   * An admin has compared the words: the site becomes a member, in a new roster epoch, and gets its certificate.
   * Admitting a member again changes nothing.
   * @throws ConsiliumError SITE_UNKNOWN, SITE_NOT_JOINED, SITE_REVOKED
   */
  async admit(site: SiteName, record: Recorded = this.#unrecorded): Promise<SiteView> {
    await record(async (tx) => {
      const now = this.options.clock();
      await lockMembers(tx);
      const notes = stateNotes(site, await findSite(tx, site), 'admitted');
      const admitted = await admitSite(tx, site, now);
      const row = await findSite(tx, site);
      if (!admitted) {
        const refused = admissionRefused(site, row);
        if (refused) throw refused;
        return { result: undefined, notes };
      }
      const { csr, identity_key: identityKey, sealing_key: sealingKey } = row ?? {};
      if (!csr || !identityKey || !sealingKey) throw new Error('a pending site has no keys');
      await this.rosters.append(tx, now, (members) => [...members, { site, identityKey, sealingKey }]);
      await this.#keepCertificate(tx, site, await this.#issue(site, csr));
      return { result: undefined, notes };
    });
    this.rosters.changed();
    return this.view(site);
  }

  /**
   * The site is no member from the next call on, in a new roster epoch without it; its open streams end, its tokens and
   * certificates count no more. Revoking it again changes nothing.
   * @throws ConsiliumError SITE_UNKNOWN
   */
  async revoke(site: SiteName, record: Recorded = this.#unrecorded): Promise<SiteView> {
    await record(async (tx) => {
      const now = this.options.clock();
      await lockMembers(tx);
      const row = await findSite(tx, site);
      if (!row) throw unknownSite(site);
      const notes = stateNotes(site, row, 'revoked');
      if (row.state === 'revoked') return { result: undefined, notes };
      await revokeSite(tx, site);
      await revokeCertificates(tx, site, now);
      await dropTokens(tx, site);
      if (row.state === 'admitted') await this.rosters.append(tx, now, (members) => members.filter((member) => member.site !== site));
      return { result: undefined, notes };
    });
    this.#certificates.forget(site);
    this.rosters.changed();
    for (const listener of this.#revoked) listener(site);
    return this.view(site);
  }

  /** Called with each site that is revoked, once that counts: its open calls have to end. */
  onRevoked(listener: (site: SiteName) => void): void {
    this.#revoked.add(listener);
  }

  /** A new certificate for a member, over the key of this request. @throws ConsiliumError CSR_INVALID, CERTIFICATE_REFUSED */
  async renew(site: SiteName, csr: Uint8Array): Promise<RenewResponse> {
    const certificate = await this.#issue(site, csr);
    await this.options.db.transaction().execute(async (tx) => {
      // Held until it is kept: a revocation comes before, and refuses it, or after, and revokes it too.
      if (!(await holdMember(tx, site))) throw noMember(site);
      await this.#keepCertificate(tx, site, certificate);
    });
    return { certificate: certificate.der, caCertificates: [...this.options.trust.trusted] };
  }

  /** The site of a certificate that counts now: of a member, not revoked, not expired. @param fingerprint - SHA-256 of its DER, hex */
  certificateIsCurrent(fingerprint: string): Promise<SiteName | undefined> {
    return this.#certificates.siteOf(fingerprint);
  }

  /** The members' keys now, in the order of joining. */
  roster(): Promise<Roster> {
    return this.rosters.newest();
  }

  async rosterView(): Promise<RosterView> {
    const roster = await this.roster();
    const signed = await this.rosters.countersigned();
    const keys = await this.rosters.keys();
    return {
      epoch: roster.epoch,
      words: rosterWords(roster),
      members: roster.members.map((member) => ({
        site: SiteName.parse(member.site),
        words: memberWords(member),
        countersigned: signed.get(SiteName.parse(member.site)) === roster.epoch,
        identityKeys: (keys.get(SiteName.parse(member.site)) ?? []).map((key) => key.toString('hex')),
      })),
    };
  }

  /** The site was heard from now; with what it said of itself at the start of a session. */
  async markSeen(site: SiteName, hello?: SiteHello): Promise<void> {
    await touchSite(this.options.db, site, this.options.clock(), hello);
  }

  connect(site: SiteName): void {
    this.#connected.add(site);
  }

  disconnect(site: SiteName): void {
    this.#connected.delete(site);
  }

  get connected(): ReadonlySet<SiteName> {
    return this.#connected;
  }

  async list(): Promise<readonly SiteView[]> {
    const ends = new Map((await newestCertificates(this.options.db)).map(({ site, not_after }) => [site, not_after]));
    const signed = await this.rosters.countersigned();
    const now = this.options.clock();
    return (await listSites(this.options.db)).map((row) =>
      siteView(row, {
        connected: this.#connected.has(row.name),
        certificateEnds: ends.get(row.name),
        countersigned: signed.get(row.name),
        now,
      }),
    );
  }

  /** @throws ConsiliumError SITE_UNKNOWN */
  async view(site: SiteName): Promise<SiteView> {
    const found = (await this.list()).find((view) => view.site === site);
    if (!found) throw unknownSite(site);
    return found;
  }

  async #recordJoin(tx: Database, site: SiteName, state: SiteState | null): Promise<void> {
    const before = state === 'admitted' ? { state } : { state: 'invited' };
    const happening = {
      actor: `site:${site}`,
      actorId: null,
      via: 'site' as const,
      from: null,
      action: 'site.join',
      subject: `site:${site}`,
    };
    const requestId = randomBytes(16).toString('hex');
    await this.options.audit?.append(tx, { ...happening, outcome: 'done', before, after: { state }, requestId });
  }

  /** A member that has lost its certificate proves by its keys that it is the one on the roster. */
  async #welcomeBack(
    tx: Database,
    site: SiteName,
    row: { readonly identity_key: Buffer | null; readonly sealing_key: Buffer | null },
    keys: SiteKeys,
  ): Promise<void> {
    if (row.identity_key?.equals(keys.identityKey) !== true || row.sealing_key?.equals(keys.sealingKey) !== true) throw otherKeys(site);
    await this.#keepCertificate(tx, site, await this.#issue(site, keys.csr));
  }

  #issue(site: SiteName, csr: Uint8Array): Promise<IssuedCertificate> {
    const { trust, clock, certificateDays = CERTIFICATE_DAYS } = this.options;
    return issueSiteCertificate({ ca: trust.issuing, csr, consortium: this.consortium, site, now: clock(), days: certificateDays });
  }

  async #keepCertificate(db: Database, site: SiteName, { serial, fingerprint, notAfter, der }: IssuedCertificate): Promise<void> {
    await addCertificate(db, { serial, site, fingerprint, not_after: notAfter, der });
  }
}

function stateNotes(site: SiteName, row: { readonly state: SiteState } | undefined, state: SiteState): ChangeNotes {
  return { subject: `site:${site}`, before: { state: row?.state ?? null }, after: { state } };
}
