import {
  issueSiteCertificate,
  memberWords,
  mintJoinToken,
  spkiSha256,
  type CertificateAuthority,
  type IssuedCertificate,
} from '@consilium/identity';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import type { JoinRequest, JoinResponse, Roster } from '@consilium/protocol/wire';
import {
  addCertificate,
  addJoinToken,
  admitSite,
  bindJoinToken,
  dropTokens,
  findCertificate,
  findJoinToken,
  findSite,
  inviteSite,
  keysOfAnother,
  listSites,
  newestCertificate,
  newestCertificates,
  recordSiteKeys,
  touchSite,
  type Database,
  type SiteHello,
  type SiteRow,
} from '../storage/index.js';
import { checkJoinRequest, joinSecretHash, tokenUsed, usableToken } from './join-request.js';
import type { Invitation, SiteView } from './site-views.js';

const CERTIFICATE_DAYS = 90;

export interface SiteDirectoryOptions {
  readonly db: Database;
  readonly consortium: { readonly name: string; readonly rosterEpoch: number };
  readonly ca: CertificateAuthority;
  /** `host:port` as sites reach the coordinator now. */
  readonly publicAddress: () => string;
  readonly clock: () => Date;
}

/** Who belongs to the consortium: invitations, joins, admissions, certificates, and who is connected. */
export class SiteDirectory {
  /** In memory: a session ends with the process. */
  readonly #connected = new Set<SiteName>();

  constructor(private readonly options: SiteDirectoryOptions) {}

  get consortium(): string {
    return this.options.consortium.name;
  }

  /**
   * A join token for a site, new or not yet a member; its earlier tokens, and keys that came with one, count no more.
   * @param ttlMs - 1 minute to 30 days
   * @throws ConsiliumError SITE_EXISTS for a member, INVITATION_TIME
   */
  async invite(site: SiteName, ttlMs: number): Promise<Invitation> {
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
      caSpkiSha256: spkiSha256(this.options.ca.certificateDer),
      site,
    });
    await this.options.db.transaction().execute(async (tx) => {
      await inviteSite(tx, site, now);
      const state = (await findSite(tx, site))?.state;
      if (state === 'admitted' || state === 'revoked')
        throw new ConsiliumError({
          code: 'SITE_EXISTS',
          errorClass: 'refused',
          message: `${site} is already ${state === 'admitted' ? 'a member' : 'known, and revoked'}.`,
          fix: 'Choose another name.',
        });
      await dropTokens(tx, site);
      await addJoinToken(tx, { secretHash, site, expiresAt }, now);
    });
    return { site, token, expiresAt: expiresAt.toISOString() };
  }

  /**
   * A site introduces itself with its token: binds the token to its keys, and answers with the certificate once an
   * admin has admitted it. Asking again with the same keys changes nothing.
   * @throws ConsiliumError TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_USED, KEYS_TAKEN, PROTOCOL_VERSION, JOIN_INVALID, CSR_INVALID, SIGNATURE_INVALID
   */
  async join(request: JoinRequest): Promise<JoinResponse> {
    const { db, ca, clock } = this.options;
    const secretHash = joinSecretHash(request);
    const token = usableToken(await findJoinToken(db, secretHash), clock());
    const { keys, keysHash } = await checkJoinRequest(token.site, request);
    const row = await db.transaction().execute(async (tx) => {
      if (!(await bindJoinToken(tx, secretHash, keysHash))) throw tokenUsed();
      if (await keysOfAnother(tx, token.site, keys)) throw keysTaken();
      await recordSiteKeys(tx, token.site, keys);
      return findSite(tx, token.site);
    });
    const certificate = row?.state === 'admitted' ? (await newestCertificate(db, token.site))?.der : undefined;
    return {
      site: token.site,
      consortium: this.consortium,
      pending: certificate === undefined,
      certificate: certificate ?? Buffer.alloc(0),
      caCertificate: ca.certificateDer,
    };
  }

  /**
   * An admin has compared the words: the site becomes a member and gets its certificate. Admitting a member again
   * changes nothing.
   * @throws ConsiliumError SITE_UNKNOWN, SITE_NOT_JOINED, SITE_REVOKED
   */
  async admit(site: SiteName): Promise<SiteView> {
    const { db, clock } = this.options;
    await db.transaction().execute(async (tx) => {
      if (!(await admitSite(tx, site, clock()))) return this.#refuseAdmission(site, await findSite(tx, site));
      const csr = (await findSite(tx, site))?.csr;
      if (csr) await this.#keepCertificate(tx, site, await this.#issue(site, csr));
    });
    return this.view(site);
  }

  /** A new certificate for a member, over the key of this request. @throws ConsiliumError CSR_INVALID */
  async renew(site: SiteName, csr: Uint8Array): Promise<Buffer> {
    const certificate = await this.#issue(site, csr);
    await this.#keepCertificate(this.options.db, site, certificate);
    return certificate.der;
  }

  /** The site of a certificate that counts now: of a member, not revoked, not expired. @param fingerprint - SHA-256 of its DER, hex */
  async certificateIsCurrent(fingerprint: string): Promise<SiteName | undefined> {
    const certificate = await findCertificate(this.options.db, fingerprint);
    if (!certificate || certificate.revoked_at !== null || certificate.not_after <= this.options.clock()) return undefined;
    return (await findSite(this.options.db, certificate.site))?.state === 'admitted' ? certificate.site : undefined;
  }

  /** The members' keys in the order of joining. Epoch 0 is the coordinator's own list, not yet countersigned. */
  async roster(): Promise<Roster> {
    const members = (await listSites(this.options.db)).flatMap(({ name, state, identity_key, sealing_key }) =>
      state === 'admitted' && identity_key && sealing_key ? [{ site: name, identityKey: identity_key, sealingKey: sealing_key }] : [],
    );
    return { consortium: this.consortium, epoch: this.options.consortium.rosterEpoch, previousHash: Buffer.alloc(0), members };
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
    return (await listSites(this.options.db)).map((row) => this.#viewOf(row, ends.get(row.name)));
  }

  /** @throws ConsiliumError SITE_UNKNOWN */
  async view(site: SiteName): Promise<SiteView> {
    const row = await findSite(this.options.db, site);
    if (!row) throw unknownSite(site);
    return this.#viewOf(row, (await newestCertificate(this.options.db, site))?.not_after);
  }

  #viewOf(row: SiteRow, certificateEnds: Date | undefined): SiteView {
    const { identity_key: identityKey, sealing_key: sealingKey } = row;
    return {
      site: row.name,
      state: row.state,
      connected: this.#connected.has(row.name),
      position: row.position,
      agentVersion: row.agent_version,
      engine: row.engine,
      cohorts: [...row.cohorts],
      lastSeen: row.last_seen?.toISOString() ?? null,
      certificateEnds: certificateEnds?.toISOString() ?? null,
      words: identityKey && sealingKey ? memberWords({ identityKey, sealingKey }) : null,
    };
  }

  #issue(site: SiteName, csr: Uint8Array): Promise<IssuedCertificate> {
    const { ca, clock } = this.options;
    return issueSiteCertificate({ ca, csr, consortium: this.consortium, site, now: clock(), days: CERTIFICATE_DAYS });
  }

  async #keepCertificate(db: Database, site: SiteName, { serial, fingerprint, notAfter, der }: IssuedCertificate): Promise<void> {
    await addCertificate(db, { serial, site, fingerprint, not_after: notAfter, der });
  }

  #refuseAdmission(site: SiteName, row: SiteRow | undefined): void {
    if (!row) throw unknownSite(site);
    if (row.state === 'admitted') return;
    if (row.state === 'invited')
      throw new ConsiliumError({
        code: 'SITE_NOT_JOINED',
        errorClass: 'refused',
        message: `${site} has been invited, but has not sent its keys yet.`,
        fix: 'Its IT runs consilium-site join with the token.',
      });
    throw new ConsiliumError({
      code: 'SITE_REVOKED',
      errorClass: 'refused',
      message: `${site} has been revoked.`,
      fix: 'Invite it under another name.',
    });
  }
}

function unknownSite(site: SiteName): ConsiliumError {
  return new ConsiliumError({
    code: 'SITE_UNKNOWN',
    errorClass: 'usage',
    message: `There is no site named ${site}.`,
    fix: `List the sites (consilium site list), or invite it (consilium site invite ${site}).`,
  });
}

function keysTaken(): ConsiliumError {
  return new ConsiliumError({
    code: 'KEYS_TAKEN',
    errorClass: 'refused',
    message: 'Another site of this consortium has the same keys.',
    fix: 'Give each site a state directory of its own, and join again from an empty one.',
  });
}
