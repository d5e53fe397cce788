import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOTS = [process.env['CONSILIUM_DATA'], resolve(import.meta.dirname, '../../../../shared/data')];

/** Where a file of the test data lies, in `$CONSILIUM_DATA` or `shared/data` beside the project; undefined where it is not. */
export const dataFile = (path: string): string | undefined =>
  ROOTS.flatMap((root) => (root === undefined ? [] : [join(root, path)])).find((file) => existsSync(file));

/** Lines of a comma-separated file without quotes, by column name. */
export function csvLines(file: string): readonly Readonly<Record<string, string>>[] {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [names[index] ?? '', cell])));
}
