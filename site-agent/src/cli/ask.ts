import { createInterface } from 'node:readline/promises';
import { ConsiliumError } from '@consilium/protocol';
import type { CliIo } from './cli-io.js';

/** Asks a person on the terminal; the question goes to stderr, so that stdout stays clean. */
export async function ask(io: CliIo, question: string): Promise<string> {
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return (await lines.question(`${question}: `, { signal: io.signal })).trim();
  } finally {
    lines.close();
  }
}

/**
 * Lets a person type a name to confirm what cannot be taken back unseen.
 * @throws ConsiliumError NOT_CONFIRMED where nobody can be asked, or something else was typed; exit 2
 */
export async function confirmByName(io: CliIo, yes: boolean, question: string, name: string): Promise<void> {
  if (yes) return;
  if (io.interactive && (await ask(io, `${question} Type ${name} to confirm`)) === name) return;
  throw new ConsiliumError({
    code: 'NOT_CONFIRMED',
    errorClass: 'usage',
    message: 'It was not confirmed; nothing was done.',
    fix: `Type ${name} when asked, or add --yes.`,
  });
}
