import { derivedFrom, outcomeColumns, type CohortSchema, type ImageInput } from '@consilium/protocol';
import { categoryCells, equalsAny, numberCells, textCells, type CellReader } from './cell-reader.js';
import { siteCodes, type CohortSource } from './cohort-source.js';
import { numberReader, type NumberFormat } from './number-format.js';
import { outcomeReader } from './outcome-reader.js';

export type ColumnType = 'number' | 'integer' | 'category' | 'image';

/** An input or the outcome, as the study describes it. */
export interface StudyColumn {
  readonly name: string;
  /** The file's column that it is read from. */
  readonly source: string;
  readonly role: 'input' | 'outcome';
  readonly type: ColumnType;
  /** The study's and the site's codes together, each once. */
  readonly codes: readonly string[];
  readonly levels: readonly string[] | undefined;
  readonly range: readonly [number, number] | undefined;
  /** Whether something stands in for a missing value. */
  readonly imputed: boolean;
}

/** A column's name as it is looked for in a header. */
export const columnName = (name: string): string => name.trim().normalize('NFC');

/**
 * The columns whose cells become numbers: the inputs in their order, then the outcome.
 * @throws ConsiliumError INVALID_STUDY where the outcome's rule does not fit its column
 */
export function studyColumns(schema: CohortSchema, source: CohortSource): readonly StudyColumn[] {
  const declared = new Map(Object.entries(siteCodes(source)).map(([name, codes]) => [columnName(name), codes]));
  const codes = (name: string, ofStudy: readonly string[]) => [...new Set([...ofStudy, ...(declared.get(columnName(name)) ?? [])])];
  const inputs = schema.inputOrder.flatMap((name): StudyColumn[] => {
    const input = schema.inputs[name];
    if (!input) return [];
    const from = inputColumn(schema, name);
    return [
      {
        name,
        source: from,
        role: 'input',
        type: input.type,
        codes: codes(from, input.missingCodes),
        levels: input.type === 'category' ? input.levels : undefined,
        range: input.type === 'category' || input.type === 'image' ? undefined : input.range,
        imputed: input.type !== 'image' && input.impute !== undefined,
      },
    ];
  });
  const outcomes = outcomeReader(schema.outcome).columns.map(({ missingCodes, ...column }): StudyColumn => ({
    ...column,
    source: column.name,
    role: 'outcome',
    codes: codes(column.name, missingCodes),
    imputed: false,
  }));
  return [...inputs, ...outcomes];
}

/** The column of an input. */
function inputColumn(schema: CohortSchema, name: string): string {
  const input = schema.inputs[name];
  return !input || input.type === 'image' ? name : (input.column ?? name);
}

/** Every name that the study looks for in the file, each once; the patient's identifier is the site's and not among them. */
export function neededNames(schema: CohortSchema): readonly string[] {
  return [
    ...usedNames(schema).filter((name) => !Object.hasOwn(schema.derive, name)),
    ...Object.values(schema.derive).flatMap(derivedFrom),
  ].filter((name, place, names) => names.indexOf(name) === place);
}

/** The columns that readings, split and rules use, the derived ones among them; each once. */
export function usedNames(schema: CohortSchema): readonly string[] {
  return [
    ...new Set([
      ...schema.inputOrder.map((name) => inputColumn(schema, name)),
      ...outcomeColumns(schema.outcome),
      ...('column' in schema.split ? [schema.split.column] : []),
      ...schema.exclude.map((rule) => rule.column),
    ]),
  ];
}

/** The study's image and the column that names it, where it has one. */
export function imageInput(schema: Pick<CohortSchema, 'inputs'>): { readonly name: string; readonly input: ImageInput } | undefined {
  for (const [name, input] of Object.entries(schema.inputs)) if (input.type === 'image') return { name, input };
  return undefined;
}

const EVERYTHING = [-Infinity, Infinity] as const;

/** How the cells of a column are read under a number format. */
export function cellReader(column: StudyColumn, schema: CohortSchema, format: NumberFormat): CellReader {
  if (column.type === 'number' || column.type === 'integer')
    return numberCells({
      whole: column.type === 'integer',
      range: column.range ?? EVERYTHING,
      codes: column.codes,
      read: numberReader(format),
    });
  if (!column.levels) return textCells(column.codes);
  const input = column.role === 'input' ? schema.inputs[column.name] : undefined;
  const { outcome } = schema;
  const spelled = 'aliases' in outcome && column.role === 'outcome' ? outcome.aliases : {};
  const { aliases, other } = input?.type === 'category' ? input : { aliases: spelled, other: undefined };
  return categoryCells({ levels: column.levels, aliases, other }, column.codes);
}

/** The rules by which rows are left out, as tests of a cell. */
export function exclusions(
  schema: CohortSchema,
  format: NumberFormat,
): readonly { readonly column: string; readonly hits: (text: string) => boolean }[] {
  return schema.exclude.map((rule) => ({ column: rule.column, hits: equalsAny(rule.equals, numberReader(format)) }));
}
