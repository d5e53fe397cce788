import { approvedStudy } from '../../approval/index.js';
import { saveVote, studyByPrefix } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly refuse?: boolean; readonly yes?: boolean };
}

export const addRelease: AddCommands = (parent, frame) => {
  parent
    .command('release')
    .argument('<hash>', 'at least 4 digits')
    .description("this site's vote on handing the final model to the researcher")
    .option('--refuse', 'vote no')
    .option('--yes', 'do not ask')
    .action(
      frame('study release', ({ io, globals, options }: Context, prefix: string) =>
        withState(configFile(globals.config, io), async (state, config) => {
          const { hash } = studyByPrefix(state, prefix);
          const { study: approved } = approvedStudy(state, hash, config);
          const vote = options.refuse === true ? 'no' : 'yes';
          await confirmByName(io, options.yes === true, `Vote ${vote} on the release?`, approved.name);
          saveVote(state, hash, vote);
          return {
            data: { study: hash, name: approved.name, vote },
            text: `Recorded the vote "${vote}" on ${approved.name}. The running agent signs and sends it when the study asks for it.`,
          };
        }),
      ),
    );
};
