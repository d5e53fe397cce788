import type { Command } from 'commander';
import type { CliIo } from './cli-io.js';
import type { Outcome } from './outcome.js';

/** Options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** False under `--no-input`. */
  readonly input: boolean;
}

/** What a command does, given its arguments in order. */
export type Action<Args extends readonly string[], Options> = (
  context: ActionContext<Options>,
  ...args: Args
) => Outcome | Promise<Outcome>;

/** How a command is carried out and its outcome told; see `run-cli.ts`. */
export type Frame = <Args extends readonly string[], Options>(
  name: string,
  act: Action<Args, Options>,
) => (...raw: unknown[]) => Promise<void>;

export interface ActionContext<Options> {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: Options;
}

/** Adds one group of commands to the program. */
export type AddCommands = (program: Command, frame: Frame) => void;
