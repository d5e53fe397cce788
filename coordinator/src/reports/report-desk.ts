import { randomBytes } from 'node:crypto';
import { ConsiliumError, readSpecification, type Json, type ResolvedStudy, type SiteName } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import type { BudgetBook } from '../budgets/index.js';
import type { LedgerMirror } from '../ledgers/index.js';
import { addReport, findReport, findSite, listReports, listStudies, type Database, type ReportRow } from '../storage/index.js';
import { dpoPdf } from './dpo-pdf.js';
import { reportView, type ReportView } from './report-view.js';
import { writeDpoReport, type Period } from './write-dpo-report.js';

export interface ReportDeskPorts {
  readonly db: Database;
  readonly consortium: string;
  readonly mirror: Pick<LedgerMirror, 'list'>;
  readonly book: Pick<BudgetBook, 'record'>;
  readonly now: () => Date;
}

const LISTED = 50;

/** Makes reports and keeps them as they were made. */
export class ReportDesk {
  constructor(private readonly ports: ReportDeskPorts) {}

  /** @throws ConsiliumError SITE_UNKNOWN */
  async dpo(site: SiteName, period: Period, by: string): Promise<ReportView> {
    const { db, consortium, mirror, book, now } = this.ports;
    if ((await findSite(db, site)) === undefined) throw unknownSite(site);
    const own = (await mirror.list()).filter(({ note }) => note.site === site);
    const ledgers = await Promise.all(own.map(async (ledger) => ({ ledger, record: await book.record(ledger.note) })));
    const createdAt = now();
    const report = writeDpoReport({ consortium, site, period, createdAt, createdBy: by, ledgers, studies: await this.#studies() });
    const row = {
      id: randomBytes(9).toString('base64url'),
      kind: 'dpo',
      site,
      from_day: period.from,
      to_day: period.to,
      created_by: by,
      created_at: createdAt,
    };
    await addReport(db, { ...row, content: report as unknown as Json, pdf: await dpoPdf(report) });
    return reportView(row);
  }

  /** Newest first. */
  async list(): Promise<readonly ReportView[]> {
    return (await listReports(this.ports.db, LISTED)).map(reportView);
  }

  /** @throws ConsiliumError REPORT_UNKNOWN */
  async find(id: string): Promise<ReportRow> {
    const row = await findReport(this.ports.db, id);
    if (row !== undefined) return row;
    throw new ConsiliumError({
      code: 'REPORT_UNKNOWN',
      errorClass: 'usage',
      message: 'There is no such report.',
      fix: 'List those that there are at /api/v1/reports, or make a new one.',
    });
  }

  /** A study that cannot be read any more is left out: its hash stands in the ledger. */
  async #studies(): Promise<ReadonlyMap<string, ResolvedStudy>> {
    const rows = await listStudies(this.ports.db);
    return new Map(
      rows.flatMap(({ hash, specification }) => {
        try {
          return [[hash as string, readSpecification(specification, sealParameters)] as const];
        } catch {
          return [];
        }
      }),
    );
  }
}

function unknownSite(site: SiteName): ConsiliumError {
  return new ConsiliumError({
    code: 'SITE_UNKNOWN',
    errorClass: 'usage',
    message: `There is no site ${site}.`,
    fix: 'List the sites: consilium site list.',
  });
}
