import { resolve } from 'node:path';
import { ConsiliumError, Duration, durationMs } from '@consilium/protocol';
import { loadConfig } from '../../config/index.js';
import { joinConsortium, readJoinToken } from '../../join/index.js';
import { createState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands } from '../command-frame.js';
import { asMember, configFile, withState } from '../workplace.js';
import { describe, sign } from './roster.js';

interface Options {
  readonly tokenFile: string;
  readonly timeout: string;
  readonly newKeys?: boolean;
  readonly yes?: boolean;
}

export const addJoin: AddCommands = (program, frame) => {
  program
    .command('join')
    .description('make the keys and become a member; or again, where the certificate has expired or the keys are replaced')
    .requiredOption('--token-file <file>', 'the token from the consortium; - reads standard input')
    .option('--timeout <duration>', 'how long to wait for the admin, such as 30s or 10m', '10m')
    .option('--new-keys', 'make new keys: the old ones were lost or stolen, and the admin has revoked the site')
    .option('--yes', 'the words of all members have been compared: confirm the roster without asking')
    .action(
      frame('join', async ({ io, globals, options }: { io: CliIo; globals: { config?: string }; options: Options }) => {
        const file = configFile(globals.config, io);
        const config = loadConfig(file);
        const timeoutMs = timeLimit(options.timeout);
        const path = options.tokenFile;
        const token = readJoinToken(path === '-' ? path : resolve(io.cwd, path), config);
        createState(config.state, config.keyFiles);
        const say = (line: string) => io.stderr.write(`${line}\n`);
        const { consortium, site, coordinator, joinedAt } = await withState(file, (state) =>
          joinConsortium(state, config, token, {
            newKeys: options.newKeys === true,
            timeoutMs,
            signal: io.signal,
            onWords: ({ consortiumWords, siteWords }) => {
              say(`Consortium key:  ${consortiumWords}`);
              say(`This site's key: ${siteWords}`);
              say('Compare both with the coordinator by phone.');
            },
            onWaiting: () => say(`Needs approval: waiting up to ${options.timeout} for the admin to admit ${config.site}.`),
          }),
        );
        return asMember(file, async (member) => {
          const description = describe(member.state, undefined);
          const { epoch, words, members, countersignedEpoch } = description.data;
          // With nobody to ask, the roster waits for somebody: until then this site takes part in nothing.
          const asks = countersignedEpoch === null && (options.yes === true || io.interactive);
          if (asks) await sign(member, io, options.yes === true, description);
          const confirmed = asks || countersignedEpoch !== null;
          const names = members.map((entry) => entry.site);
          return {
            data: { consortium, site, coordinator, members: names, joinedAt, roster: { epoch, words, confirmed } },
            text: `${site} is a member of ${consortium} (${names.join(', ')}).\nNext: consilium-site ${confirmed ? 'run' : 'roster confirm'}`,
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
