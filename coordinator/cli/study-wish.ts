import { ConsiliumError, MOST_ROUNDS } from '@consilium/protocol';
import { z } from 'zod';

/** What `study check` is asked to suppose, or to look for; without any of it the file is checked as it is written. */
export interface StudyWish {
  /** As if `algorithm.rounds` were this. */
  readonly rounds?: number | undefined;
  /** What the study may cost one patient at most. */
  readonly epsilon?: number | undefined;
  /** What is looked for; `noise` where only an epsilon is given. */
  readonly find?: 'noise' | 'rounds' | undefined;
  /** A limit that a population's new ledger would have, beside those that are known. */
  readonly populationLimit?: number | undefined;
}

export interface WishOptions {
  readonly rounds?: string;
  readonly epsilon?: string;
  readonly for?: string;
  readonly populationLimit?: string;
}

const NUMBER = /^\d{1,9}(?:\.\d{1,12})?(?:e-?\d{1,2})?$/i;
/** Text of a number as people write it; never NaN, Infinity or hexadecimal (field case PRV-3). */
const number = (least: number, most: number) => z.string().regex(NUMBER).transform(Number).pipe(z.number().min(least).max(most));

const Options = z.object({
  rounds: z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(1).max(MOST_ROUNDS)).optional(),
  epsilon: number(1e-9, 1_000).optional(),
  for: z.enum(['noise', 'rounds']).optional(),
  populationLimit: number(1e-3, 1_000).optional(),
});

/** By option: as it is called, and what it takes. */
const TAKES: Readonly<Record<keyof WishOptions, readonly [flag: string, takes: string]>> = {
  rounds: ['--rounds', `a whole number from 1 to ${MOST_ROUNDS}`],
  epsilon: ['--epsilon', 'a number above 0 and at most 1000, such as 1 or 0.5'],
  for: ['--for', 'noise or rounds'],
  populationLimit: ['--population-limit', 'a number from 0.001 to 1000, such as 6'],
};

/** @throws ConsiliumError USAGE, naming the option */
export function studyWish(options: WishOptions): StudyWish {
  const parsed = Options.safeParse(options);
  if (!parsed.success) {
    const [flag, takes] = TAKES[parsed.error.issues[0]?.path[0] as keyof WishOptions];
    throw usage(`${flag} takes ${takes}.`, 'consilium study check --help');
  }
  const { rounds, epsilon, populationLimit } = parsed.data;
  const find = parsed.data.for ?? (epsilon === undefined ? undefined : 'noise');
  if (find === 'rounds' && rounds !== undefined)
    throw usage('The rounds cannot be given and looked for at once.', 'Leave out --rounds, or --for rounds.');
  return { rounds, epsilon, find, populationLimit };
}

const usage = (message: string, fix: string) => new ConsiliumError({ code: 'USAGE', errorClass: 'usage', message, fix });
