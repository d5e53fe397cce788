import { parseArgs } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';

const Options = z.strictObject({
  json: z.boolean().default(false),
  keep: z.boolean().default(false),
  data: z.string().min(1).optional(),
  privacy: z.enum(['none'], 'the only mode of this version is "none"').default('none'),
  rounds: z.coerce.number('a whole number').int('a whole number').min(1, 'at least 1').max(10_000, 'at most 10000').optional(),
  help: z.boolean().default(false),
});
export type DemoOptions = z.infer<typeof Options>;

export const USAGE = `npm run demo -- [options]
  --rounds N        training rounds (default: the study's 30)
  --data DIR        the folder with the four hospitals' CSV files
  --privacy none    the privacy mode (the only one of this version)
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
        rounds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : 'The options cannot be read.', cause);
  }
  const parsed = Options.safeParse({ ...(values as object) });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`--${issue?.path.join('.')}: ${issue?.message}.`);
}
