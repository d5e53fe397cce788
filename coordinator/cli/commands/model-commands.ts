import { join } from 'node:path';
import type { Command } from 'commander';
import { bundleFiles, ConsiliumError, readModelBundle, sha256Hex } from '@consilium/protocol';
import { replaceFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function modelCommands(program: Command, run: Run): void {
  const model = program.command('model').description('what came out of a study');
  run<{ output: string }>(
    model
      .command('get')
      .description('fetch the model that the sites have released')
      .argument('<id>', 'hash, beginning of a hash, or name')
      .requiredOption('-o, --output <directory>', 'where its files go'),
    async ({ api }, [id = ''], { output }) => {
      const { hash } = await api.study(id);
      const bytes = await api.model(hash);
      const bundle = readModelBundle(bytes);
      if (bundle.study.hash !== hash)
        throw new ConsiliumError({
          code: 'INVALID_BUNDLE',
          errorClass: 'verification',
          message: 'The coordinator sent the model of another study.',
          fix: 'Do not use it; tell the admin of the coordinator.',
        });
      const files = bundleFiles(bundle);
      for (const { name, text } of files) await replaceFile(join(output, name), text);
      const paths = files.map(({ name }) => join(output, name));
      return { data: { study: hash, sha256: sha256Hex(bytes), files: paths }, text: paths.join('\n') };
    },
  );
}
