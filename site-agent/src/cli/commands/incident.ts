import { readIncident } from '../../state/index.js';
import type { AddCommands } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

export const addIncident: AddCommands = (program, frame) => {
  const incident = program.command('incident').description('what lies behind a refusal; it never left this site');
  incident
    .command('show')
    .argument('<id>', 'as the console and the log show it, such as 4F2A')
    .description('the detail of one incident')
    .action(
      frame('incident show', ({ io, globals }, id: string) =>
        withState(configFile(globals.config, io), (state) => {
          const found = readIncident(state, id);
          const place = [found.study?.slice(0, 8), found.round === undefined ? undefined : `round ${found.round}`]
            .filter(Boolean)
            .join(', ');
          return { data: found, text: `${found.id}  ${found.at}  ${found.code}${place === '' ? '' : `  (${place})`}\n${found.detail}` };
        }),
      ),
    );
};
