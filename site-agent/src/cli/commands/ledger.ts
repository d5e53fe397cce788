import { resolve } from 'node:path';
import { openDecisions } from '../../ledger/index.js';
import { writePrivateFile } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { describeHead, describeLedger } from '../describe-ledger.js';
import { withLedger } from '../with-ledger.js';
import { addDecisions } from './ledger-decide.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly output?: string };
}

/** Looking changes nothing, also while the agent writes; deciding is `ledger-decide.ts`. */
export const addLedger: AddCommands = (program, frame) => {
  const ledger = program.command('ledger').description("the privacy budgets of this site's populations");
  ledger
    .command('show')
    .argument('<population>')
    .description('limit, what is used, reserved, spent and left, by which studies, and who decided what')
    .action(
      frame('ledger show', ({ io, globals }: Context, population: string) =>
        withLedger(io, globals, population, ({ read, config, state, population: name }) => {
          const { lines, data } = describeLedger(read, config.budgets.get(name)?.epsilonLimit, openDecisions(state, name));
          return { data, text: lines.join('\n') };
        }),
      ),
    );
  ledger
    .command('head')
    .argument('<population>')
    .description('number of entries and eight words over them, to compare with the console by phone')
    .action(
      frame('ledger head', ({ io, globals }: Context, population: string) =>
        withLedger(io, globals, population, ({ read }) => {
          const { lines, data } = describeHead(read);
          return { data, text: lines.join('\n') };
        }),
      ),
    );
  ledger
    .command('export')
    .argument('<population>')
    .requiredOption('-o, --output <file>', 'where the entries go; the newest cosigned checkpoint goes beside it (.note)')
    .description('a copy for anybody who verifies: consilium ledger verify FILE --roster R --checkpoint FILE.note')
    .action(
      frame('ledger export', ({ io, globals, options }: Context, population: string) =>
        withLedger(io, globals, population, ({ read }) => {
          const file = resolve(io.cwd, options.output ?? '');
          writePrivateFile(file, Buffer.concat(read.lines.flatMap((line) => [line, Buffer.from('\n')])));
          const note = read.checkpoint === undefined ? undefined : `${file}.note`;
          if (note !== undefined) writePrivateFile(note, read.checkpoint ?? '');
          const data = { file, checkpoint: note ?? null, entries: read.size };
          return { data, text: [file, ...(note === undefined ? ['No checkpoint has been cosigned yet.'] : [note])].join('\n') };
        }),
      ),
    );
  addDecisions(ledger, frame);
};
