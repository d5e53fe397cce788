import type { SiteName } from '@consilium/protocol';
import type { Selectable } from 'kysely';
import type { CertificatesTable, Database } from './schema.js';

export type CertificateRow = Selectable<CertificatesTable>;

export async function addCertificate(db: Database, certificate: Omit<CertificateRow, 'revoked_at'>): Promise<void> {
  await db.insertInto('certificates').values(certificate).execute();
}

/** By the SHA-256 of its DER form, lower-case hex. */
export async function findCertificate(db: Database, fingerprint: string): Promise<CertificateRow | undefined> {
  return db.selectFrom('certificates').selectAll().where('fingerprint', '=', fingerprint).executeTakeFirst();
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
