import type { Command } from 'commander';
import type { Decision } from '@consilium/ledger';
import { addedOf, decideOnLedger, limitOf, type OnLedger } from '../../decisions/index.js';
import type { CliIo } from '../cli-io.js';
import type { Frame, GlobalOptions } from '../command-frame.js';
import { describeDecision } from '../describe-decision.js';
import { readOfficerKey } from '../officer-key-file.js';
import { withLedger } from '../with-ledger.js';

interface Options {
  readonly key?: string;
  readonly epsilon?: string;
  readonly add?: string;
}

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: Options;
}

/** What an officer decides on a ledger. Anybody at the site may tighten; to loosen needs an officer's key. */
export function addDecisions(ledger: Command, frame: Frame): void {
  const command = (name: string, description: string, key: string, decided: (options: Options, at: OnLedger) => Decision) =>
    ledger
      .command(name)
      .argument('<population>')
      .description(description)
      .option('--key <file>', key)
      .action(
        frame(`ledger ${name}`, ({ io, globals, options }: Context, population: string) =>
          withLedger(io, globals, population, async (at) => {
            const decision = decided(options, at);
            return describeDecision(await decideOnLedger(at, decision, await readOfficerKey(io, options.key), io.signal));
          }),
        ),
      );
  const needed = 'private key of an officer in site.yaml, or - for standard input';
  command(
    'limit',
    'move the limit, at the orders and the delta that the ledger has',
    `${needed}; needed to raise it`,
    ({ epsilon = '' }, at) => limitOf(epsilon, at),
  ).requiredOption('--epsilon <epsilon>', 'the new limit, such as 6 or 4.5; at most that of site.yaml');
  command('freeze', 'refuse every round over the population from the next one on', `${needed}; anybody at the site may freeze`, () => ({
    kind: 'freeze',
  }));
  command('unfreeze', 'let rounds go on', `${needed}: needed`, () => ({ kind: 'unfreeze' }));
  command(
    'witnesses',
    'let more sites cosign, so that studies with them may use the budget; those that cosign now stay needed, and none is ever taken out',
    `${needed}: needed`,
    ({ add = '' }, at) => addedOf(add, at),
  ).requiredOption('--add <sites>', 'names of members, with commas between them');
}
