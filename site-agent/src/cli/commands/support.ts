import { resolve } from 'node:path';
import { PRODUCT_VERSION, supportBundleText } from '@consilium/protocol';
import { examine } from '../../doctor/index.js';
import { recordedEngine, writePrivateFile } from '../../state/index.js';
import { siteBundle } from '../../support/site-bundle.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly output: string; readonly list?: boolean };
}

export const addSupport: AddCommands = (program, frame) => {
  program
    .command('support')
    .description('what may be sent to whoever helps')
    .command('bundle')
    .description('codes, versions, numbers and places in the program; every line is shown first, and nothing is sent')
    .requiredOption('-o, --output <file>', 'where the bundle goes, one text file')
    .option('--list', 'only show every file and line')
    .action(
      frame('support bundle', ({ io, globals, options }: Context) =>
        withState(configFile(globals.config, io), async (state, config) => {
          const engine = () => Promise.resolve(recordedEngine(state) ?? { name: 'none', why: 'the agent has not started yet' });
          const findings = await examine({ config, groups: new Set(['network', 'data', 'site']), engine });
          const files = await siteBundle(state, config, findings);
          const text = supportBundleText({ program: 'consilium-site', version: PRODUCT_VERSION, madeAt: new Date(), files });
          const file = resolve(io.cwd, options.output);
          const names = files.map(({ name }) => name);
          if (options.list === true) return { data: { files: names, text }, text };
          if (globals.json !== true) io.stderr.write(`${text}\n`);
          await confirmByName(io, !io.interactive, 'These lines, and no others, are written.', 'yes');
          writePrivateFile(file, text);
          return {
            data: { file, files: names },
            text: `${file} holds the lines above and no others. Read it before you send it; nothing was sent.`,
          };
        }),
      ),
    );
};
