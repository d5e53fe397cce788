import { z } from 'zod';
import { ENCODINGS } from './text-encoding.js';

const path = z.string().min(1, 'a file or a pattern such as /data/heart/*.csv').max(4096);
const cell = z.union([z.string(), z.number('a text or a number').transform(String)]);

/**
 * `cohorts.<name>.source` of `site.yaml`: where a hospital's table lies and how it is written down. What is left out
 * is UTF-8, comma, decimal point; a file that is otherwise is refused with a proposal of what to declare.
 */
export const CsvSource = z
  .strictObject({
    type: z.literal('csv'),
    /** A file, a pattern, or a list of them. All matches are one cohort, read in the order of their sorted paths. */
    path: z.union([path, z.array(path).min(1).max(1000)], 'a path, a pattern, or a list of them'),
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
  })
  .refine((source) => source.thousands === undefined || source.thousands !== (source.decimal ?? (source.thousands === '.' ? ',' : '.')), {
    path: ['thousands'],
    message: 'not the same as the decimal mark',
  });
export type CsvSource = z.infer<typeof CsvSource>;

/** Where a cohort comes from. CSV is the connector of this version. */
export const CohortSource = CsvSource;
export type CohortSource = z.infer<typeof CohortSource>;
