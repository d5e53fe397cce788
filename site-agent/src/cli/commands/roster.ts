import { memberWords } from '@consilium/identity';
import { readMembership } from '../../state/index.js';
import type { AddCommands } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

export const addRoster: AddCommands = (program, frame) => {
  const roster = program.command('roster').description("the members' keys, as this site holds them");
  roster
    .command('show')
    .description('eight words for each member, to compare by phone')
    .action(
      frame('roster show', ({ io, globals }) =>
        withState(configFile(globals.config, io), (state) => {
          const { roster: held, consortium } = readMembership(state);
          const members = held.members.map(({ site, identityKey, sealingKey }) => ({
            site,
            words: memberWords({ identityKey: Buffer.from(identityKey, 'hex'), sealingKey: Buffer.from(sealingKey, 'hex') }),
          }));
          const width = Math.max(0, ...members.map(({ site }) => site.length));
          const lines = members.map(({ site, words }) => `${site.padEnd(width)}  ${words}`);
          return { data: { consortium, epoch: held.epoch, members }, text: [`${consortium}, epoch ${held.epoch}`, ...lines].join('\n') };
        }),
      ),
    );
};
