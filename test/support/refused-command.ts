import { expect } from 'vitest';
import type { Consortium, Finished } from '../../demo/src/index.js';
import { siteCommand, siteCommandForPerson } from './site-command.js';

/** How a command that was refused ended, as a program reads it and as a person does. */
export interface RefusedCommand {
  readonly exit: number;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  /** All that it wrote, both times. */
  readonly output: string;
}

interface ErrorEnvelope {
  readonly ok: boolean;
  readonly error: { readonly code: string; readonly message: string; readonly fix: string };
}

/** One sentence on one line: no stack, no JSON, not two pages. */
export const ONE_SENTENCE = /^(?=.{10,400}$)([A-Z0-9/"]|site\.yaml).*[.)]$/u;

/** What a stack trace, or an error that nobody mapped, looks like. */
export const UNMAPPED = /\n\s+at \S|node:internal|UnhandledPromise|\[object |undefined|"code":"INTERNAL"/;

/** `consilium …` that must be refused. */
export async function refusedConsilium(consortium: Consortium, ...args: readonly string[]): Promise<RefusedCommand> {
  const [person, program] = await Promise.all([consortium.runConsilium(...args), consortium.runConsilium('--json', ...args)]);
  return compare(person, program);
}

/** Commands that have been run as a process of their own. */
const ranAsProcess = new Set<string>();

/**
 * `consilium-site …` that must be refused, for a person and for a program. Each command runs as a process of its own the
 * first time; within this one, which is quicker, from then on.
 * @param site - a name whose directory holds a `site.yaml`
 */
export async function refusedSite(consortium: Consortium, site: string, ...args: readonly string[]): Promise<RefusedCommand> {
  const command = args.slice(0, 2).join(' ').split(' --')[0] ?? '';
  const isNew = !ranAsProcess.has(command);
  ranAsProcess.add(command);
  const person = await (isNew ? consortium.runSite(site, ...args) : siteCommandForPerson(consortium, site, ...args));
  return compare(person, await siteCommand(consortium, site, ...args));
}

/** What a person and a program are told must be the same: exit code, one sentence, next step. */
function compare(person: Finished, program: Finished): RefusedCommand {
  const output = [person, program].flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n');
  expect(output).not.toMatch(UNMAPPED);
  expect(person.code, output).not.toBe(0);
  expect(program.code).toBe(person.code);
  const { ok, error } = JSON.parse(program.stdout) as ErrorEnvelope;
  expect(ok).toBe(false);
  expect(error.message).toMatch(ONE_SENTENCE);
  expect(error.fix.length).toBeGreaterThan(5);
  expect(person.stderr).toContain(error.message);
  expect(person.stderr).toContain(error.fix);
  return { exit: person.code, ...error, output };
}
