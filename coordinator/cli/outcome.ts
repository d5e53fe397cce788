import { CommanderError } from 'commander';
import { ConsiliumError, type Json } from '@consilium/protocol';

export const ENVELOPE_SCHEMA = 'consilium/cli/v1';

/** What a command found out: `data` for programs, `text` for people, `next` the step that usually follows. */
export interface Outcome {
  readonly data: Json;
  readonly text: string;
  readonly next?: string | undefined;
  /** With --json `data` alone, without the envelope: for answers whose shape others have fixed. */
  readonly bare?: boolean | undefined;
}

/** What the process writes and how it ends. */
export interface Ending {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A command that did what it was asked. Results go to stdout, the rest to stderr. */
export function success({ data, text, next, bare = false }: Outcome, json: boolean): Ending {
  if (json && bare) return { stdout: line(data), stderr: '', exitCode: 0 };
  if (json) return { stdout: line({ schema: ENVELOPE_SCHEMA, ok: true, data }), stderr: '', exitCode: 0 };
  return { stdout: text === '' ? '' : `${text}\n`, stderr: next === undefined ? '' : `Next: ${next}\n`, exitCode: 0 };
}

/**
 * The one place where an error becomes an exit code and a message (UX.md section 3). What is not ours is reported as
 * such, without its words: they may quote anything.
 */
export function failure(thrown: unknown, json: boolean, command: string): Ending {
  const error = toConsiliumError(thrown, command);
  const { code, message, fix, problems, exitCode } = error;
  const help = `${command} --help`;
  if (json) {
    const listed = problems.map(({ path, detail, fix: next }) => ({ path, detail, ...(next === undefined ? {} : { fix: next }) }));
    return {
      stdout: line({ schema: ENVELOPE_SCHEMA, ok: false, error: { code, message, fix, help, problems: listed } }),
      stderr: '',
      exitCode,
    };
  }
  const details =
    problems.length > 1 ? problems.map(({ path, detail, fix: next }) => `  ${path}: ${detail}${next ? `. ${next}` : ''}\n`) : [];
  return { stdout: '', stderr: `${message}\n${details.join('')}Next: ${fix}\n`, exitCode };
}

function toConsiliumError(thrown: unknown, command: string): ConsiliumError {
  if (thrown instanceof ConsiliumError) return thrown;
  if (thrown instanceof CommanderError && thrown.code === 'commander.help')
    return new ConsiliumError({
      code: 'USAGE',
      errorClass: 'usage',
      message: 'A command is missing.',
      fix: 'Choose one: consilium --help, consilium site --help, consilium study --help, consilium model --help.',
    });
  if (thrown instanceof CommanderError)
    return new ConsiliumError({ code: 'USAGE', errorClass: 'usage', message: sentence(thrown.message), fix: `${command} --help` });
  return new ConsiliumError({
    code: 'INTERNAL',
    errorClass: 'failed',
    message: 'The command met an error of its own.',
    fix: 'Report it with the command line and the version (consilium --version).',
    cause: thrown,
  });
}

/** Commander's words, which begin small and may end without a full stop. */
function sentence(words: string): string {
  const text = words
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`;
}

const line = (value: Json): string => `${JSON.stringify(value)}\n`;
