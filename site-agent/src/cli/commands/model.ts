import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleFiles, ConsiliumError, readModelBundle } from '@consilium/protocol';
import { bundlePath } from '../../release/study-bundle.js';
import { ownModelPath } from '../../rounds/own-model.js';
import { studyByPrefix } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly out: string; readonly own?: boolean };
}

export const addModel: AddCommands = (program, frame) => {
  const model = program.command('model').description('the model that this site computed');
  model
    .command('get')
    .argument('<hash>', 'at least 4 digits of the study')
    .requiredOption('-o, --out <dir>', 'where the files go')
    .option('--own', "this site's own model, trained further on its own patients; not the common one")
    .description("write the final model for the site's own use; nothing is sent")
    .action(
      frame('model get', ({ io, globals, options }: Context, prefix: string) =>
        withState(configFile(globals.config, io), (state) => {
          const { hash } = studyByPrefix(state, prefix);
          const path = options.own === true ? ownModelPath(state.studyDirectory(hash)) : bundlePath(state.studyDirectory(hash));
          if (!existsSync(path))
            throw new ConsiliumError({
              code: 'MODEL_NOT_READY',
              errorClass: 'failed',
              message:
                options.own === true
                  ? 'This site has no model of its own of that study.'
                  : 'This site has no final model of that study yet.',
              fix:
                options.own === true
                  ? 'A study with algorithm.fineTune makes one in its last round: consilium-site study show HASH'
                  : 'Wait until the study has run its last round: consilium-site status',
            });
          const out = resolve(io.cwd, options.out);
          mkdirSync(out, { recursive: true });
          const files = bundleFiles(readModelBundle(readFileSync(path))).map(({ name, text }) => {
            writeFileSync(join(out, name), text);
            return join(out, name);
          });
          return { data: { study: hash, files }, text: files.map((file) => `Wrote ${file}`).join('\n') };
        }),
      ),
    );
};
