import { resolve } from 'node:path';
import type { CliIo } from '../cli-io.js';
import type { AddCommands } from '../command-frame.js';
import { makeOfficerKey } from '../officer-key-file.js';

interface Context {
  readonly io: CliIo;
  readonly options: { readonly output: string };
}

export const addOfficer: AddCommands = (program, frame) => {
  const officer = program.command('officer').description('people whose signature an approval needs');
  officer
    .command('key')
    .description("an officer's own key")
    .command('new')
    .description('make a pair: FILE stays with the officer, the .pub file beside it goes under officers in site.yaml')
    .requiredOption('-o, --output <file>', 'where the private key is written, such as dpo.key')
    .action(
      frame('officer key new', async ({ io, options }: Context) => {
        const made = await makeOfficerKey(resolve(io.cwd, options.output));
        return {
          data: made,
          text: [
            `Wrote ${made.privateFile} (private: keep it) and ${made.publicFile}.`,
            `Its words: ${made.words}`,
            `Next: site IT compares the words and adds ${made.publicFile} under officers in site.yaml.`,
          ].join('\n'),
        };
      }),
    );
};
