import { PRODUCT_VERSION, ConsiliumError } from '@consilium/protocol';
import { Command, CommanderError } from 'commander';
import { Interrupted, type CliIo } from './cli-io.js';
import type { Action, AddCommands, Frame, GlobalOptions } from './command-frame.js';
import { addCohort } from './commands/cohort.js';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addEgress } from './commands/egress.js';
import { addIncident } from './commands/incident.js';
import { addInit } from './commands/init.js';
import { addJoin } from './commands/join.js';
import { addLedger } from './commands/ledger.js';
import { addModel } from './commands/model.js';
import { addOfficer } from './commands/officer.js';
import { addPage } from './commands/page.js';
import { addPopulation } from './commands/population.js';
import { addRoster } from './commands/roster.js';
import { addRun } from './commands/run.js';
import { addStatus } from './commands/status.js';
import { addStudy } from './commands/study.js';
import { addSupport } from './commands/support.js';
import { errorEnvelope, errorText, EXIT_INTERRUPTED, knownError, schemaName, type Envelope } from './outcome.js';

const COMMANDS: readonly AddCommands[] = [
  addInit,
  addJoin,
  addRun,
  addStatus,
  addStudy,
  addCohort,
  addOfficer,
  addPopulation,
  addModel,
  addLedger,
  addEgress,
  addDoctor,
  addPage,
  addIncident,
  addSupport,
  addRoster,
  addConfig,
];

const USAGE = 2;

/**
 * Runs `consilium-site` once.
 * @param args - without the program's own name
 * @returns the exit code of UX.md section 3
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0;
  const told = (envelope: Envelope, text: string, json: boolean) => {
    if (json) io.stdout.write(`${JSON.stringify(envelope)}\n`);
    else (envelope.ok ? io.stdout : io.stderr).write(`${text}\n`);
  };
  const fail = (name: string, error: unknown, json: boolean) => {
    const known = knownError(error);
    exitCode = known.code === 'INTERRUPTED' ? EXIT_INTERRUPTED : known.exitCode;
    told(errorEnvelope(schemaName(name), known), errorText(known), json);
  };
  const frame: Frame =
    <Args extends readonly string[], Options>(name: string, act: Action<Args, Options>) =>
    async (...raw: unknown[]) => {
      // Commander hands over the arguments, the options and the command itself.
      const command = raw.at(-1) as Command;
      const globals: GlobalOptions = command.optsWithGlobals();
      const json = globals.json === true;
      const asked = { ...io, interactive: io.interactive && globals.input && !json };
      try {
        const context = { io: asked, globals, options: command.opts() as Options };
        const { data, text, failure } = await act(context, ...(raw.slice(0, -2) as unknown as Args));
        if (failure) {
          exitCode = failure.exitCode;
          io.stdout.write(json ? `${JSON.stringify({ ...errorEnvelope(schemaName(name), failure), data })}\n` : `${text}\n`);
          return;
        }
        if (data !== undefined || text !== '') told({ schema: schemaName(name), ok: true, data }, text, json);
      } catch (error) {
        fail(name, io.signal.aborted && io.signal.reason instanceof Interrupted ? io.signal.reason : error, json);
      }
    };
  const program = programOf(io, frame);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and --version end through the same way, with code 0.
    if (error.exitCode === 0) return 0;
    const message = error.message.replace(/^error: /, '').replace(/\.?$/, '.');
    const fix = 'Run: consilium-site --help';
    fail('usage', new ConsiliumError({ code: 'USAGE', errorClass: 'usage', message: sentence(message), fix }), args.includes('--json'));
    return USAGE;
  }
  return exitCode;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function programOf(io: CliIo, frame: Frame): Command {
  const program = new Command('consilium-site')
    .description('The agent in the hospital: keys, approvals, training, and the record of what left.')
    .version(PRODUCT_VERSION)
    .option('--config <file>', 'site.yaml; default ./site.yaml, then /etc/consilium/site.yaml')
    .option('--json', 'one JSON object {schema, ok, data | error} on stdout')
    .option('--no-input', 'never ask')
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined })
    .exitOverride();
  for (const add of COMMANDS) add(program, frame);
  for (const command of allOf(program)) command.exitOverride().copyInheritedSettings(program);
  return program;
}

const allOf = (command: Command): readonly Command[] => command.commands.flatMap((one) => [one, ...allOf(one)]);
