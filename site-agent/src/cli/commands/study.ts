import { listStudies, type SiteState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { describeStudy } from '../describe-study.js';
import { newProposals } from '../known-study.js';
import type { Outcome } from '../outcome.js';
import { asMember, configFile, withState } from '../workplace.js';
import { addApprove } from './study-approve.js';
import { addPause } from './study-pause.js';
import { addRelease } from './study-release.js';
import { addShow } from './study-show.js';
import { addWithdraw } from './study-withdraw.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly offline?: boolean };
}

export const addStudy: AddCommands = (program, frame) => {
  const study = program.command('study').description('what is proposed to this site, and what its officers decide');
  study
    .command('list')
    .description('all studies that were proposed to this site')
    .option('--offline', 'ask nobody')
    .action(
      frame('study list', async ({ io, globals, options }: Context) => {
        const file = configFile(globals.config, io);
        if (options.offline === true) return withState(file, (state) => listed(state, []));
        return asMember(file, async (member) => {
          const altered = (await newProposals(member, io, false)).flatMap((proposal) => (proposal.study ? [] : [proposal.hash]));
          return listed(member.state, altered);
        });
      }),
    );
  addShow(study, frame);
  addApprove(study, frame);
  addWithdraw(study, frame);
  addPause(study, frame);
  addRelease(study, frame);
};

function listed(state: SiteState, altered: readonly string[]): Outcome {
  const studies = listStudies(state).map((stored) => describeStudy(state, stored));
  const bad = altered.map((hash) => `${hash.slice(0, 8)}  not kept: its bytes are not what its hash stands for, or not of this version`);
  const lines = [...studies.map(({ line }) => line), ...bad];
  return {
    data: { studies: studies.map(({ data }) => data), altered },
    text: lines.join('\n') || 'No study has been proposed to this site.',
  };
}
