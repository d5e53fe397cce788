import type { Command } from 'commander';
import type { ApiClient } from '../api-client.js';
import type { Outcome } from '../outcome.js';
import type { Terminal } from '../terminal.js';

/** What every command is given. */
export interface CommandContext {
  readonly api: ApiClient;
  /** Where the coordinator is, before anybody has signed in. */
  readonly url: () => Promise<string>;
  readonly terminal: Terminal;
  /** `performance.now()` at which waiting ends. */
  readonly untilMs: number;
}

/** What a command does with its arguments and its own options. */
export type CommandWork<Options> = (context: CommandContext, args: readonly string[], options: Options) => Promise<Outcome>;

/** Gives a command its work; the program's entry decides how outcomes and errors are shown. */
export type Run = <Options>(command: Command, work: CommandWork<Options>, waits?: boolean) => void;
