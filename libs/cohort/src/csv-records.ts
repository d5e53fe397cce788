import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import { ConsiliumError } from '@consilium/protocol';
import { refuse } from './cohort-problem.js';
import { decodedText, type Encoding } from './text-encoding.js';

/** How one file is written down. */
export interface CsvFile {
  readonly path: string;
  readonly encoding: Encoding;
  readonly separator: string;
}

/** Longest record, so that a quote that is never closed cannot take all memory. */
const RECORD_BYTES = 16 * 1024 * 1024;

/** csv-parse's codes in words. Its own messages and properties hold cell texts and go nowhere. */
const FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quotation mark',
  INVALID_OPENING_QUOTE: 'a quotation mark stands inside an unquoted field',
  CSV_MAX_RECORD_SIZE: 'one record is longer than 16 MiB; a quotation mark may be missing',
};

const options = (separator: string) => ({ delimiter: separator, relax_column_count: true, skip_empty_lines: true });

/**
 * The records of one file, header first, as they stand. Strict on quotes; whether records are as long as the header
 * is for the caller to count. Memory does not grow with the file.
 * @throws CohortRefused DATA_UNREADABLE
 */
export async function* csvRecords({ path, encoding, separator }: CsvFile): AsyncGenerator<readonly string[]> {
  const parser = parse({ ...options(separator), max_record_size: RECORD_BYTES });
  pipeline(Readable.from(decodedText(path, encoding)), parser, () => {
    // Errors reach the reader below: the parser is destroyed with them.
  });
  try {
    for await (const record of parser) yield record as readonly string[];
  } catch (cause) {
    if (cause instanceof ConsiliumError) throw cause;
    if (cause instanceof CsvError) {
      const row = Number(cause['records'] ?? 0);
      throw refuse({
        code: 'DATA_UNREADABLE',
        sentence: `${row === 0 ? 'The header' : `Row ${row} of a file`} is not CSV: ${FAULTS[cause.code] ?? cause.code.toLowerCase().replaceAll('_', ' ')}.`,
        fix: 'Correct that record, or export the file again.',
      });
    }
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw refuse({
      code: 'DATA_UNREADABLE',
      sentence: `A file of the cohort cannot be read (${code}).`,
      fix: "Give the agent's user permission to read it.",
    });
  }
}

/** Text of a cell or a column's name as it is compared: trimmed, and letters with accents in one form (NFC). */
export function cellText(raw: string): string {
  const text = raw.trim();
  // Plain ASCII has one form; the test is cheaper than the normalisation.
  return /^[\x20-\x7e]*$/.test(text) ? text : text.normalize('NFC');
}

const SEPARATORS = [',', ';', '\t', '|'] as const;

/**
 * The separator under which a header holds most of the names that are looked for, then most names at all.
 * @param known - names that the header should hold
 */
export async function likelySeparator(path: string, encoding: Encoding, known: ReadonlySet<string>): Promise<string> {
  let text = '';
  for await (const piece of decodedText(path, encoding)) {
    text += piece;
    if (/[\r\n]/.test(text.trimStart()) || text.length > RECORD_BYTES) break;
  }
  const [line = ''] = text.trimStart().split(/[\r\n]/, 1);
  const scored = SEPARATORS.map((separator) => {
    const [names = []] = parseSync(line, { ...options(separator), relax_quotes: true });
    return { separator, hits: names.filter((name) => known.has(cellText(name))).length, names: names.length };
  });
  return scored.reduce((best, next) => (next.hits > best.hits || (next.hits === best.hits && next.names > best.names) ? next : best))
    .separator;
}
