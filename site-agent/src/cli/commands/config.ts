import { loadConfig } from '../../config/index.js';
import type { AddCommands } from '../command-frame.js';
import { configFile } from '../workplace.js';

export const addConfig: AddCommands = (program, frame) => {
  const config = program.command('config').description('the settings in site.yaml');
  config
    .command('check')
    .description('name line, field and fix of everything that is wrong')
    .action(
      frame('config check', ({ io, globals }) => {
        const { file, site, coordinator, state, cohorts } = loadConfig(configFile(globals.config, io));
        return {
          data: { file, site, coordinator, state, cohorts: [...cohorts.keys()] },
          text: `${file} is valid: site ${site}, coordinator ${coordinator}, cohorts ${[...cohorts.keys()].join(', ') || 'none yet'}.`,
        };
      }),
    );
};
