import { ConsiliumError } from '@consilium/protocol';
import { sendDecision, signDecision } from '../../approval/index.js';
import { findApproval, studyByPrefix } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { asMember, configFile } from '../workplace.js';
import { keptForLater } from './study-approve.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly yes?: boolean };
}

export const addWithdraw: AddCommands = (parent, frame) => {
  parent
    .command('withdraw')
    .argument('<hash>', 'at least 4 digits')
    .description('end the approval: from the next step on this site takes no part')
    .option('--yes', 'do not ask')
    .action(
      frame('study withdraw', ({ io, globals, options }: Context, prefix: string) =>
        asMember(configFile(globals.config, io), async ({ state, keys, connection }) => {
          const { hash } = studyByPrefix(state, prefix);
          if (findApproval(state, hash) === undefined)
            throw new ConsiliumError({
              code: 'NOT_APPROVED',
              errorClass: 'refused',
              message: 'This site has not approved that study.',
              fix: 'There is nothing to withdraw.',
            });
          await confirmByName(io, options.yes === true, 'Withdraw the approval?', hash.slice(0, 8));
          const { signedAt } = signDecision(state, keys, { study: hash, decision: 'withdraw', release: 'ask', until: null }, new Date());
          await sendDecision(state, connection, hash, { signal: io.signal }).catch(keptForLater);
          return { data: { study: hash, signedAt }, text: `Withdrew the approval of ${hash.slice(0, 8)}.` };
        }),
      ),
    );
};
