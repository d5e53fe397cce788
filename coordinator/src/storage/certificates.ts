import type { SiteName } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { CertificatesTable, Database } from './schema.js';

export type CertificateRow = Selectable<CertificatesTable>;

export async function addCertificate(db: Database, certificate: Omit<CertificateRow, 'revoked_at' | 'used_at'>): Promise<void> {
  await db.insertInto('certificates').values(certificate).execute();
}

/**
 * Whom a certificate names and until when, if it was not revoked and its site is a member.
 * @param fingerprint - SHA-256 of its DER form, lower-case hex
 */
export async function memberCertificate(
  db: Database,
  fingerprint: string,
): Promise<{ readonly site: SiteName; readonly not_after: Date } | undefined> {
  return db
    .selectFrom('certificates')
    .innerJoin('sites', 'sites.name', 'certificates.site')
    .select(['certificates.site', 'certificates.not_after'])
    .where('certificates.fingerprint', '=', fingerprint)
    .where('certificates.revoked_at', 'is', null)
    .where('sites.state', '=', 'admitted')
    .executeTakeFirst();
}

/** Notes that a site has come with a certificate; the first time counts. */
export async function markCertificateUsed(db: Database, fingerprint: string, now: Date): Promise<void> {
  await db.updateTable('certificates').set({ used_at: now }).where('fingerprint', '=', fingerprint).where('used_at', 'is', null).execute();
}

/** The certificates that their sites have come with and that are not revoked, newest use first. */
export async function usedCertificates(db: Database, site: SiteName): Promise<readonly CertificateRow[]> {
  return db
    .selectFrom('certificates')
    .selectAll()
    .where('site', '=', site)
    .where('revoked_at', 'is', null)
    .where('used_at', 'is not', null)
    .orderBy('used_at', 'desc')
    .execute();
}

/** None of the site's certificates counts any more. */
export async function revokeCertificates(db: Database, site: SiteName, now: Date): Promise<void> {
  await db.updateTable('certificates').set({ revoked_at: now }).where('site', '=', site).where('revoked_at', 'is', null).execute();
}

/** The site's certificate that lasts longest among those not revoked. */
export async function newestCertificate(db: Database, site: SiteName): Promise<CertificateRow | undefined> {
  return db
    .selectFrom('certificates')
    .selectAll()
    .where('site', '=', site)
    .where('revoked_at', 'is', null)
    .orderBy('not_after', 'desc')
    .executeTakeFirst();
}

/** One for each site that has any: {@link newestCertificate}. */
export async function newestCertificates(db: Database): Promise<readonly CertificateRow[]> {
  return db
    .selectFrom('certificates')
    .selectAll()
    .distinctOn('site')
    .where('revoked_at', 'is', null)
    .orderBy('site')
    .orderBy('not_after', 'desc')
    .execute();
}
