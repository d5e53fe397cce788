import { resolve } from 'node:path';
import { ConsiliumError, Duration, durationMs } from '@consilium/protocol';
import { loadConfig } from '../../config/index.js';
import { joinConsortium, readJoinToken } from '../../join/index.js';
import { createState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

interface Options {
  readonly tokenFile: string;
  readonly timeout: string;
}

export const addJoin: AddCommands = (program, frame) => {
  program
    .command('join')
    .description('make the keys and become a member')
    .requiredOption('--token-file <file>', 'the token from the consortium; - reads standard input')
    .option('--timeout <duration>', 'how long to wait for the admin, such as 30s or 10m', '10m')
    .action(
      frame('join', async ({ io, globals, options }: { io: CliIo; globals: { config?: string }; options: Options }) => {
        const file = configFile(globals.config, io);
        const config = loadConfig(file);
        const timeoutMs = timeLimit(options.timeout);
        const path = options.tokenFile;
        const token = readJoinToken(path === '-' ? path : resolve(io.cwd, path), config);
        createState(config.state, config.keyFiles);
        return withState(file, async (state) => {
          const say = (line: string) => io.stderr.write(`${line}\n`);
          const membership = await joinConsortium(state, config, token, {
            timeoutMs,
            signal: io.signal,
            onWords: ({ consortiumWords, siteWords }) => {
              say(`Consortium key:  ${consortiumWords}`);
              say(`This site's key: ${siteWords}`);
              say('Compare both with the coordinator by phone.');
            },
            onWaiting: () => say(`Needs approval: waiting up to ${options.timeout} for the admin to admit ${config.site}.`),
          });
          const { consortium, site, coordinator, roster, joinedAt } = membership;
          const members = roster.members.map((member) => member.site);
          return {
            data: { consortium, site, coordinator, members, joinedAt },
            text: `${site} is a member of ${consortium} (${members.join(', ')}).\nNext: consilium-site run`,
          };
        });
      }),
    );
};

function timeLimit(text: string): number {
  if (Duration.safeParse(text).success) return durationMs(text);
  throw new ConsiliumError({
    code: 'INVALID_DURATION',
    errorClass: 'usage',
    message: 'The time limit is not a duration.',
    fix: 'Give --timeout a duration such as 30s, 10m or 2h.',
  });
}
