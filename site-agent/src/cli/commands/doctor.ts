import { loadConfig } from '../../config/index.js';
import { examine, failureOf, findingsText, type CheckGroup } from '../../doctor/index.js';
import { readJoinToken } from '../../join/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { configFile } from '../workplace.js';

interface Options {
  readonly network?: boolean;
  readonly data?: boolean;
  readonly all?: boolean;
  readonly tokenFile?: string;
}

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: Options;
}

const ALL: readonly CheckGroup[] = ['network', 'data', 'site'];

export const addDoctor: AddCommands = (program, frame) => {
  program
    .command('doctor')
    .description('looks at network, data and machine, and says what to do; no data are sent')
    .option('--network', 'name, connection, TLS, certificate and clock only')
    .option('--data', 'files and schemas of the cohorts only')
    .option('--all', 'everything; so without any of the three')
    .option('--token-file <file>', 'a join token, before the site has joined: it says which root is right')
    .action(
      frame('doctor', async ({ io, globals, options }: Context) => {
        const config = loadConfig(configFile(globals.config, io));
        const token = options.tokenFile === undefined ? undefined : readJoinToken(options.tokenFile, config);
        const findings = await examine({ config, token, groups: new Set(groupsOf(options)), engine: () => probeEngine(config) });
        return { data: { findings }, text: findingsText(findings), failure: failureOf(findings) };
      }),
    );
};

function groupsOf({ network, data, all }: Options): readonly CheckGroup[] {
  const named = [...(network === true ? (['network'] as const) : []), ...(data === true ? (['data'] as const) : [])];
  return all === true || named.length === 0 ? ALL : named;
}

/** The training engine is loaded by this check only. */
async function probeEngine({ engine, threads }: ReturnType<typeof loadConfig>) {
  const { chooseEngine } = await import('@consilium/learning');
  return chooseEngine(engine, threads === undefined ? {} : { threads });
}
