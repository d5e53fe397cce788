import { ConsiliumError, type Problem } from '@consilium/protocol';
import { z } from 'zod';
import { Interrupted } from './cli-io.js';

/** What a command found or did: for programs and for people. */
export interface Outcome {
  /** Anything that JSON can hold. */
  readonly data: unknown;
  /** Lines for a person; without a newline at the end. */
  readonly text: string;
  /** Where what was found is itself a failure: its exit code and words, beside the data. */
  readonly failure?: ConsiliumError | undefined;
}

/** The exit code of an interrupted command, as shells count it. */
export const EXIT_INTERRUPTED = 130;

/** What `--json` prints: one object, for success and for failure alike. */
export type Envelope =
  | { readonly schema: string; readonly ok: true; readonly data: unknown }
  | {
      readonly schema: string;
      readonly ok: false;
      /** Of a command whose findings are the failure, such as `doctor`. */
      readonly data?: unknown;
      readonly error: { readonly code: string; readonly message: string; readonly fix: string; readonly problems: readonly Problem[] };
    };

/** The stable name and version of a command's output, such as `consilium-site/study-list/v1`. */
export const schemaName = (command: string): string => `consilium-site/${command.replaceAll(' ', '-')}/v1`;

/** Any error as one that a person can act on. What is not ours says nothing of its cause but the file system's code. */
export function knownError(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError) return error;
  const system = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const failed = (code: string, message: string, fix: string) =>
    new ConsiliumError({ code, errorClass: 'failed', message, fix, cause: error });
  if (error instanceof Interrupted) return failed('INTERRUPTED', 'The command was interrupted.', 'Run it again; it goes on where it was.');
  if (error instanceof z.ZodError)
    return failed('INTERNAL', 'The agent met data of a form that it does not expect.', 'Report this as a defect of consilium-site.');
  if (system === 'ENOSPC' || system === 'EDQUOT')
    return failed('DISK_FULL', 'The disk is full.', 'Free space, then run the command again.');
  if (system === 'EACCES' || system === 'EPERM' || system === 'EROFS')
    return failed(
      'NO_PERMISSION',
      `This user may not do that (${system}).`,
      'Run it as the user of the service, for example: sudo -u consilium consilium-site …',
    );
  return failed(
    'INTERNAL',
    `The command failed${system === undefined ? '' : ` (${system})`}.`,
    'Report this as a defect of consilium-site.',
  );
}

export const errorEnvelope = (schema: string, { code, message, fix, problems }: ConsiliumError): Envelope => ({
  schema,
  ok: false,
  error: { code, message, fix, problems },
});

/** An error as a person reads it: the sentence, the places, the next step. */
export function errorText({ code, message, fix, problems }: ConsiliumError): string {
  const places =
    problems.length > 1 ? problems.map(({ path, detail, fix: one }) => `  ${path}: ${detail}${one === undefined ? '' : ` (${one})`}`) : [];
  return [`Error: ${message} [${code}]`, ...places, `Fix: ${fix}`].join('\n');
}
