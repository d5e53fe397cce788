import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { Resplit } from './resplit.js';
import type { SiteSource } from './worked-study.js';

export type TableRow = Readonly<Record<string, string>>;

const Rows = z.array(z.record(z.string(), z.string()));

export async function readTable(path: string): Promise<readonly TableRow[]> {
  return Rows.parse(parse(await readFile(path), { columns: true, bom: true }));
}

const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export interface DealtTable {
  readonly rows: readonly TableRow[];
  /** The site of a row, or undefined where no site has it. */
  readonly siteOf: (row: TableRow) => string | undefined;
  /** Whoever has the same text is one patient. */
  readonly patientOf: (row: TableRow) => string;
}

/** Writes `SITE.csv` for each site, every column as it stands but for a split that is dealt anew. */
export async function writeSiteTables(
  { rows, siteOf, patientOf }: DealtTable,
  directory: string,
  resplit: Resplit | undefined,
): Promise<ReadonlyMap<string, SiteSource>> {
  const columns = Object.keys(rows[0] ?? {});
  const lines = new Map<string, string[]>();
  for (const row of rows) {
    const site = siteOf(row);
    if (site === undefined) continue;
    // Rows without a split are left out of the study, whoever deals.
    const split = resplit && row['split'] !== '' ? resplit(site, patientOf(row)) : row['split'];
    const cells = columns.map((column) => field((column === 'split' ? split : row[column]) ?? ''));
    const table = lines.get(site) ?? [columns.map(field).join(',')];
    table.push(cells.join(','));
    lines.set(site, table);
  }
  const sources = new Map<string, SiteSource>();
  for (const [site, table] of lines) {
    const path = join(directory, `${site}.csv`);
    await writeFile(path, `${table.join('\n')}\n`);
    sources.set(site, { type: 'csv', path });
  }
  return sources;
}
