import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Results = z.array(z.looseObject({ round: z.int(), accuracy: z.number().optional() }));

/** A hospital's own accuracy of the last state, from its own directory: it exists nowhere else. */
export async function ownAccuracy(stateDirectory: string, study: string): Promise<number> {
  const results = Results.parse(JSON.parse(await readFile(join(stateDirectory, 'studies', study, 'results.json'), 'utf8')));
  const last = results.toSorted((one, other) => one.round - other.round).at(-1);
  return last?.accuracy ?? Number.NaN;
}
