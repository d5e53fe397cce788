import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** What a command may show and ask while it runs; results are not shown here but returned. */
export interface Terminal {
  /** A person sits here: questions may be asked, a line may be redrawn. */
  readonly interactive: boolean;
  /** A message for the person, on stderr. */
  say(message: string): void;
  /** Redraws the line of progress. */
  progress(line: string): void;
  /** Puts an end to the line of progress. */
  settle(): void;
  /** @throws nothing; an empty answer where nobody can be asked */
  ask(question: string): Promise<string>;
  /** As `ask`, without showing what is typed. */
  askSecret(question: string): Promise<string>;
}

const PLAIN_EVERY_MS = 30_000;

/**
 * The terminal of this process. Without a TTY, or when told to, nothing is asked and nothing redrawn: progress comes
 * as plain lines, at most one in 30 seconds.
 */
export function processTerminal(options: { readonly input: boolean; readonly quiet: boolean }): Terminal {
  const interactive = options.input && process.stdin.isTTY && process.stderr.isTTY;
  let drawn = 0;
  let lastPlain = -Infinity;
  const write = (text: string) => {
    if (!options.quiet) process.stderr.write(text);
  };
  return {
    interactive,
    say: (message) => write(`${message}\n`),
    progress: (line) => {
      if (process.stderr.isTTY) {
        const shown = line.slice(0, (process.stderr.columns || 80) - 1);
        write(`\r${shown.padEnd(drawn)}`);
        drawn = shown.length;
      } else if (performance.now() - lastPlain >= PLAIN_EVERY_MS) {
        write(`${line}\n`);
        lastPlain = performance.now();
      }
    },
    settle: () => {
      if (drawn > 0) write('\n');
      drawn = 0;
    },
    ask: async (question) => {
      if (!interactive) return '';
      const prompt = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return (await prompt.question(question)).trim();
      } finally {
        prompt.close();
      }
    },
    askSecret: async (question) => {
      if (!interactive) return '';
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      process.stderr.write(question);
      const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
      try {
        return await prompt.question('');
      } finally {
        prompt.close();
        process.stderr.write('\n');
      }
    },
  };
}
