import { withdrawStudy } from '../../decisions/index.js';
import { studyByPrefix } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
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
        asMember(configFile(globals.config, io), async (member) => {
          const { hash } = studyByPrefix(member.state, prefix);
          const key = await readOfficerKey(io, options.key);
          const asked = options.key === '-' ? { ...io, interactive: false } : io;
          const { signedAt, spent } = await withdrawStudy(member, { hash, key, signal: io.signal }, () =>
            confirmByName(asked, options.yes === true, 'Withdraw the approval?', hash.slice(0, 8)),
          );
          return {
            data: { study: hash, signedAt, spent },
            text: `Withdrew the approval of ${hash.slice(0, 8)}: this site takes part in no further step.\n${spent.sentence}`,
          };
        }),
      ),
    );
};
