#!/usr/bin/env node
import { Command, Option, type OptionValues } from 'commander';
import { ConsiliumError, Duration, durationMs, PRODUCT_VERSION } from '@consilium/protocol';
import { ApiClient } from './api-client.js';
import { accountCommands } from './commands/account-commands.js';
import { auditCommands } from './commands/audit-commands.js';
import { caCommands } from './commands/ca-commands.js';
import type { CommandContext, Run } from './commands/command-context.js';
import { ledgerCommands } from './commands/ledger-commands.js';
import { loginCommands } from './commands/login-commands.js';
import { modelCommands } from './commands/model-commands.js';
import { privacyCommands } from './commands/privacy-commands.js';
import { reportCommands } from './commands/report-commands.js';
import { siteCommands } from './commands/site-commands.js';
import { supportCommands } from './commands/support-commands.js';
import { studyCommands } from './commands/study-commands.js';
import { tokenCommands } from './commands/token-commands.js';
import { findConnection, findUrl, type ConnectionFlags } from './connection.js';
import { failure, success, type Ending } from './outcome.js';
import { processTerminal } from './terminal.js';

const DEFAULT_TIMEOUT_MS = 60_000;
/** A study runs for days; a command that watches one gives up after a week. */
const LONGEST_WATCH_MS = 7 * 86_400_000;
/** One request, long polls of 20 seconds included. */
const REQUEST_MS = 60_000;

interface GlobalOptions extends ConnectionFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly input: boolean;
  readonly timeout?: string;
}

const program = new Command('consilium')
  .description('Learning from hospitals, without their data.')
  .version(PRODUCT_VERSION)
  .addOption(new Option('--url <url>', "the coordinator's API").env('CONSILIUM_URL'))
  .addOption(new Option('--token-file <file>', 'an API token, or the admin token').env('CONSILIUM_TOKEN_FILE'))
  .addOption(new Option('--state <directory>', 'state directory of a coordinator on this machine').env('CONSILIUM_STATE'))
  .option('--json', 'one JSON object on stdout')
  .option('--quiet', 'results only')
  .option('--no-input', 'ask nothing')
  .option('--timeout <duration>', 'how long to wait in all, such as 30s')
  .exitOverride()
  .configureOutput({ writeErr: () => undefined });

let ending: Ending | undefined;

const run: Run = (command, work, waits = false) => {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  command.action(async () => {
    const options = command.optsWithGlobals<GlobalOptions & OptionValues>();
    const outcome = await work(contextOf(options, waits), command.args, options as never);
    ending = success(outcome, options.json === true);
  });
};

function contextOf(options: GlobalOptions, waits: boolean): CommandContext {
  const timeoutMs = options.timeout === undefined ? (waits ? LONGEST_WATCH_MS : DEFAULT_TIMEOUT_MS) : timeoutOf(options.timeout);
  const untilMs = performance.now() + timeoutMs;
  return {
    api: new ApiClient(() => findConnection(options, process.env), Math.min(timeoutMs, REQUEST_MS)),
    url: () => findUrl(options, process.env),
    terminal: processTerminal({ input: options.input && options.json !== true, quiet: options.quiet === true }),
    untilMs,
  };
}

function timeoutOf(text: string): number {
  if (Duration.safeParse(text).success) return durationMs(text);
  throw new ConsiliumError({
    code: 'USAGE',
    errorClass: 'usage',
    message: 'The time given with --timeout is no duration.',
    fix: 'Give one such as 30s or 10m.',
  });
}

siteCommands(program, run);
caCommands(program, run);
studyCommands(program, run);
modelCommands(program, run);
privacyCommands(program, run);
ledgerCommands(program, run);
loginCommands(program, run);
tokenCommands(program, run);
accountCommands(program, run);
auditCommands(program, run);
supportCommands(program, run);
reportCommands(program, run);

process.on('SIGINT', () => process.exit(130));

// Not awaited at the top: in the bundle (scripts/bundle-programs.mjs) modules that are loaded later would wait for this one for ever.
void main();

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    const words = process.argv.slice(2).filter((word) => /^[a-z]+$/.test(word));
    ending = isHelp(error) ? undefined : failure(error, process.argv.includes('--json'), ['consilium', ...words.slice(0, 2)].join(' '));
  }
  if (!ending) return;
  process.stdout.write(ending.stdout);
  process.stderr.write(ending.stderr);
  process.exitCode = ending.exitCode;
}

/** Help and version are asked for; commander ends them like errors. */
function isHelp(error: unknown): boolean {
  return error instanceof Error && 'exitCode' in error && error.exitCode === 0;
}
