import type { Command } from 'commander';
import { PRODUCT_VERSION, supportBundleText } from '@consilium/protocol';
import { confirm } from '../confirm.js';
import { coordinatorBundle } from '../coordinator-bundle.js';
import { writeNewFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function supportCommands(program: Command, run: Run): void {
  const support = program.command('support').description('what may be sent to whoever helps');

  run<{ output: string; list?: boolean }>(
    support
      .command('bundle')
      .description('states, codes, versions and numbers; every line is shown first, and nothing is sent')
      .requiredOption('-o, --output <file>', 'where the bundle goes, one new text file of mode 0600')
      .option('--list', 'only show every file and line'),
    async ({ api, terminal }, _, { output, list }) => {
      const files = await coordinatorBundle(api);
      const text = supportBundleText({ program: 'consilium', version: PRODUCT_VERSION, madeAt: new Date(), files });
      const names = files.map(({ name }) => name);
      if (list === true) return { data: { files: names, text }, text };
      terminal.say(text);
      await confirm(
        terminal,
        { show: 'These lines, and no others, are written.', ask: 'Type "yes" to write them: ', word: 'yes' },
        { message: 'No bundle was written.', fix: 'Look at the lines with --list.' },
      );
      await writeNewFile(output, text, 0o600);
      return {
        data: { file: output, files: names },
        text: `${output} holds the lines above and no others. Read it before you send it; nothing was sent.`,
      };
    },
  );
}
