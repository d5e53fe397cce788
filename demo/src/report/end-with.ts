import { ConsiliumError } from '@consilium/protocol';

/**
 * Runs a program to its end: its exit code, or what went wrong in two sentences; only an error that nobody foresaw shows
 * where it happened.
 * @param what - the subject of that sentence, such as "The demo"
 */
export function endWith(program: Promise<number>, what: string): void {
  program.then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const known = error instanceof ConsiliumError ? error : undefined;
      const unforeseen = `${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
      process.stderr.write(known ? `${known.message}\n${known.fix}\n` : unforeseen);
      process.exitCode = known?.exitCode ?? 1;
    },
  );
}
