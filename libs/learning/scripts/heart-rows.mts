import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodedColumns, parseYaml, StudyFile, type CohortSchema } from '@consilium/protocol';
import type { Rows } from '@consilium/learning';

export const HOSPITALS = ['cleveland', 'hungarian', 'switzerland', 'va'] as const;
export type Hospital = (typeof HOSPITALS)[number];

/** The study file whose cohort, model and algorithm the scripts use. */
export const heartStudy = (): StudyFile =>
  parseYaml(readFileSync(new URL('../../../demo/heart.yaml', import.meta.url), 'utf8'), StudyFile, 'study file demo/heart.yaml');

/** `--data DIR`, else `$CONSILIUM_DATA`, else `../shared/data` beside the repository. */
export function dataFolder(argument: string | undefined): string {
  return argument ?? process.env['CONSILIUM_DATA'] ?? new URL('../../../../shared/data', import.meta.url).pathname;
}

/** One hospital's rows of one part. A row of the other part is skipped before any of its values is looked at. */
export function heartRows(folder: string, hospital: Hospital, cohort: CohortSchema, part: 'train' | 'test'): Rows {
  const [header = '', ...lines] = readFileSync(join(folder, 'heart-disease', `${hospital}.csv`), 'utf8')
    .trim()
    .split(/\r?\n/);
  const names = header.split(',');
  const rows = lines.map((line) => line.split(',')).filter((cells) => cells[names.indexOf('split')] === part);
  const cell = (cells: readonly string[], name: string) => cells[names.indexOf(name)] ?? '';
  const x = rows.flatMap((cells) =>
    encodedColumns(cohort).map((column) => {
      const text = cell(cells, column.source);
      const input = cohort.inputs[column.source];
      if (!input) throw new Error(`no input ${column.source}`);
      const missing = text === '' || input.missingCodes.includes(text);
      if (column.kind === 'missing') return missing ? 1 : 0;
      if (input.type === 'category') return text === column.level ? 1 : 0;
      const value = missing ? input.impute : Number(text);
      if (value === undefined || !(value >= input.range[0] && value <= input.range[1])) throw new Error(`${column.source} out of range`);
      return (value - input.center) / input.scale;
    }),
  );
  return {
    x: Float32Array.from(x),
    y: Float32Array.from(rows, (cells) => (Number(cell(cells, cohort.outcome.column)) > 0 ? 1 : 0)),
    patients: Int32Array.from(rows, (_, row) => row),
    patientCount: rows.length,
  };
}
