import type { Command } from 'commander';
import type { CaView } from '../../src/sites/ca-change.js';
import { confirm } from '../confirm.js';
import type { Outcome } from '../outcome.js';
import type { Run } from './command-context.js';

export function caCommands(program: Command, run: Run): void {
  const ca = program.command('ca').description('the CA that lets sites connect; no signature or seal rests on it');

  run(ca.command('status').description("the CA's words, and who has not followed a change of it"), async ({ api }) => told(await api.ca()));

  run(ca.command('rotate').description('replace the CA: both count until every site has followed'), async ({ api }) =>
    told(await api.rotateCa()),
  );

  run(ca.command('finish').description('end a change now; sites that have not followed must join again'), async ({ api, terminal }) => {
    const { waitingFor } = await api.ca();
    if (waitingFor.length > 0)
      await confirm(
        terminal,
        { show: `Will have to join again with a token: ${waitingFor.join(', ')}.`, ask: 'Type "finish" to go on: ', word: 'finish' },
        { message: 'Both CAs still count.', fix: 'See who has not followed yet: consilium ca status.' },
      );
    return told(await api.finishCa());
  });
}

function told(view: CaView): Outcome {
  const { words, nextWords, waitingFor } = view;
  if (nextWords === null) return { data: view, text: `The consortium's words:\n  ${words}` };
  return {
    data: view,
    text: `The consortium's words until the change is over:\n  ${words}\nand after it:\n  ${nextWords}\nNot followed yet: ${waitingFor.join(', ') || 'nobody'}.`,
    next: 'consilium ca status; the change ends by itself when all have followed.',
  };
}
