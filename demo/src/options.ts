import { parseArgs } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';

const MODES = ['patient/distributed', 'patient/local', 'none'] as const;
const EPSILON = 1;

const Options = z.strictObject({
  json: z.boolean().default(false),
  keep: z.boolean().default(false),
  data: z.string().min(1).optional(),
  privacy: z.enum(MODES, `one of ${MODES.join(', ')}`).default('patient/distributed'),
  epsilon: z.coerce.number('a number').gt(0, 'above 0').max(100, 'at most 100').optional(),
  rounds: z.coerce.number('a whole number').int('a whole number').min(1, 'at least 1').max(10_000, 'at most 10000').optional(),
  help: z.boolean().default(false),
});
/** `epsilon` is what the study may cost one patient at most; nothing in mode `none`. */
export type DemoOptions = Omit<z.infer<typeof Options>, 'epsilon'> & { readonly epsilon: number };

export const USAGE = `npm run demo -- [options]
  --privacy MODE    patient/distributed (default), patient/local or none
  --epsilon X       what the study may cost one patient at most, at delta 1e-4 (default 1)
  --rounds N        training rounds (default: the study's own, 40 with noise and 30 without)
  --data DIR        the folder with the four hospitals' CSV files
  --keep            leave everything running at the end, and say where
  --json            one last line of JSON
`;

/** @throws ConsiliumError USAGE for an unknown flag or a value out of range */
export function parseOptions(args: readonly string[]): DemoOptions {
  const refuse = (message: string, cause?: unknown): ConsiliumError =>
    new ConsiliumError({ code: 'USAGE', errorClass: 'usage', message, fix: USAGE, cause });
  let values: unknown;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean' },
        keep: { type: 'boolean' },
        data: { type: 'string' },
        privacy: { type: 'string' },
        epsilon: { type: 'string' },
        rounds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : 'The options cannot be read.', cause);
  }
  const parsed = Options.safeParse({ ...(values as object) });
  if (parsed.success) {
    const { epsilon, ...others } = parsed.data;
    if (epsilon !== undefined && others.privacy === 'none') throw refuse('--epsilon: mode none adds no noise and promises no epsilon.');
    return { ...others, epsilon: epsilon ?? EPSILON };
  }
  const [issue] = parsed.error.issues;
  throw refuse(`--${issue?.path.join('.')}: ${issue?.message}.`);
}
