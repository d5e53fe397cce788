import { resolve } from 'node:path';
import { z } from 'zod';
import { ENCODINGS } from './text-encoding.js';

const path = z.string().min(1, 'a file or a pattern such as /data/heart/*.csv').max(4096);
const paths = z.union([path, z.array(path).min(1).max(1000)], 'a path, a pattern, or a list of them');
const cell = z.union([z.string(), z.number('a text or a number').transform(String)]);

const CsvFields = z.strictObject({
  type: z.literal('csv'),
  /** A file, a pattern, or a list of them. All matches are one cohort, read in the order of their sorted paths. */
  path: paths,
  encoding: z.enum(ENCODINGS, `one of ${ENCODINGS.join(', ')}`).optional(),
  separator: z
    .string()
    .regex(/^[^"\r\n\p{L}\p{N}]$/u, 'one character, such as ";" or "\\t"')
    .optional(),
  decimal: z.enum(['.', ','], '"." or ","').optional(),
  /** What groups digits by three; a space also stands for the no-break spaces. */
  thousands: z.enum(['.', ',', ' ', "'", 'none'], '".", ",", " ", "\'" or "none"').optional(),
  /** Cell texts that mean "not measured" here, by column; the study's codes count too. */
  missingCodes: z.record(z.string().min(1), z.array(cell).max(50)).optional(),
});

/** One character cannot be the decimal mark and group digits. */
const marksDiffer = ({ decimal, thousands }: Pick<z.infer<typeof CsvFields>, 'decimal' | 'thousands'>): boolean =>
  thousands === undefined || thousands !== (decimal ?? (thousands === '.' ? ',' : '.'));
const MARKS = { path: ['thousands'], message: 'not the same as the decimal mark' };

/**
 * `cohorts.<name>.source` of `site.yaml`: where a hospital's table lies and how it is written down. What is left out
 * is UTF-8, comma, decimal point; a file that is otherwise is refused with a proposal of what to declare.
 */
export const CsvSource = CsvFields.refine(marksDiffer, MARKS);
export type CsvSource = z.infer<typeof CsvSource>;

const columnNames = z.record(z.string().min(1).max(80), z.string().min(1).max(200));
/** Above this share of unusable images the site refuses its cohort; the stricter of the study's and this counts. */
const maxUnusable = z.number().min(0).max(1).optional();

/**
 * Arrays of images and of their labels in NPZ archives, as MedMNIST and numpy.savez write them: one image a row, arrays
 * of a part equally long.
 */
export const NpzSource = z.strictObject({
  type: z.literal('npz'),
  path: paths,
  /** Each part names the array that holds a column of the study: `{ name: train, columns: { image: train_images, label: train_labels } }`. */
  parts: z
    .array(z.strictObject({ name: z.string().min(1).max(80), columns: columnNames }))
    .min(1)
    .max(100),
  /** The column that holds the part's name, for the study's split. */
  partColumn: z.string().min(1).max(80).default('split'),
  missingCodes: z.record(z.string().min(1), z.array(cell).max(50)).optional(),
  maxUnusable,
});
export type NpzSource = z.infer<typeof NpzSource>;

/** DICOM files, and a table that says what is known of each: labels, splits, further inputs. */
export const DicomSource = z.strictObject({
  type: z.literal('dicom'),
  /** Files or patterns, such as `/data/chest/*.dcm`. */
  path: paths,
  /** The table, written down as a source of type csv is. */
  labels: CsvFields.omit({ type: true }).refine(marksDiffer, MARKS),
  /** Which column of the table names the image, and by what. With `patient-id` a row counts for each image of the patient. */
  key: z.strictObject({
    column: z.string().min(1).max(80),
    is: z.enum(['file-name', 'sop-instance-uid', 'patient-id']).default('file-name'),
  }),
  /** Whether the population's patientId is a column of the table, or the PatientID of the files. */
  patientFrom: z.enum(['labels', 'dicom']).default('labels'),
  maxUnusable,
});
export type DicomSource = z.infer<typeof DicomSource>;

/** Where a cohort comes from. */
export const CohortSource = z.discriminatedUnion('type', [CsvSource, NpzSource, DicomSource], 'csv, npz or dicom');
export type CohortSource = z.infer<typeof CohortSource>;

/** The table of a source that has one in files. */
export function tableSource(source: CsvSource | DicomSource): CsvSource {
  return source.type === 'csv' ? source : { type: 'csv', ...source.labels };
}

/** Codes for "not measured" that the site declares, by column. */
export function siteCodes(source: CohortSource): Readonly<Record<string, readonly string[]>> {
  return (source.type === 'dicom' ? source.labels : source).missingCodes ?? {};
}

/** The same source with absolute paths. @param base - where relative ones begin */
export function absoluteSource(source: CohortSource, base: string): CohortSource {
  const absolute = (where: string | string[]) =>
    typeof where === 'string' ? resolve(base, where) : where.map((one) => resolve(base, one));
  const own = { ...source, path: absolute(source.path) };
  return own.type === 'dicom' ? { ...own, labels: { ...own.labels, path: absolute(own.labels.path) } } : own;
}
