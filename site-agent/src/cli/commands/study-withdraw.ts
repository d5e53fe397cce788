import { ConsiliumError } from '@consilium/protocol';
import { knownOfficerKey, sendDecision, signDecision, whatStaysSpent } from '../../approval/index.js';
import { spentBudget } from '../../ledger/index.js';
import { populationOf } from '../known-study.js';
import { findApproval, studyByPrefix } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { keptForLater } from '../kept-for-later.js';
import { readOfficerKey } from '../officer-key-file.js';
import { asMember, configFile } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly key?: string; readonly yes?: boolean };
}

export const addWithdraw: AddCommands = (parent, frame) => {
  parent
    .command('withdraw')
    .argument('<hash>', 'at least 4 digits')
    .description('end the approval: from the next step on this site takes no part')
    .option('--key <file>', 'private key of an officer, or - for standard input; anybody at the site may withdraw without')
    .option('--yes', 'do not ask')
    .action(
      frame('study withdraw', ({ io, globals, options }: Context, prefix: string) =>
        asMember(configFile(globals.config, io), async ({ state, config, keys, connection }) => {
          const { hash } = studyByPrefix(state, prefix);
          if (findApproval(state, hash) === undefined)
            throw new ConsiliumError({
              code: 'NOT_APPROVED',
              errorClass: 'refused',
              message: 'This site has not approved that study.',
              fix: 'There is nothing to withdraw.',
            });
          const key = await readOfficerKey(io, options.key);
          const officer = key && knownOfficerKey(key, config.officers);
          const asked = options.key === '-' ? { ...io, interactive: false } : io;
          await confirmByName(asked, options.yes === true, 'Withdraw the approval?', hash.slice(0, 8));
          const { signedAt } = signDecision(
            state,
            { site: keys, officer, population: populationOf(state, config, hash) },
            { study: hash, decision: 'withdraw', release: 'ask', until: null, epsilonLimit: null },
            new Date(),
          );
          const spent = whatStaysSpent(state, hash, await spentBudget(state, config, hash));
          await sendDecision(state, connection, hash, { signal: io.signal }).catch(keptForLater);
          return {
            data: { study: hash, signedAt, spent },
            text: `Withdrew the approval of ${hash.slice(0, 8)}: this site takes part in no further step.\n${spent.sentence}`,
          };
        }),
      ),
    );
};
