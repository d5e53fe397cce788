import { canonicalJson, type Json } from '@consilium/protocol';
import type { AuditEntry } from './audit-entry.js';

const COLUMNS = [
  'seq',
  'at',
  'actor',
  'via',
  'from',
  'action',
  'subject',
  'outcome',
  'before',
  'after',
  'requestId',
  'hash',
  'previous',
] as const;

/** One JSON object a line: what `consilium audit verify` follows. */
export async function* auditJsonl(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${canonicalJson(entry as unknown as Json).toString('utf8')}\n`;
}

/** RFC 4180, for spreadsheets. */
export async function* auditCsv(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const entry of entries) yield `${COLUMNS.map((column) => cell(entry[column])).join(',')}\r\n`;
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet runs what begins like this as a formula (OWASP, CSV injection).
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
