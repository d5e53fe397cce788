import type { Command } from 'commander';
import { ConsiliumError, parseValue } from '@consilium/protocol';
import type { Price } from '@consilium/privacy';
import { z } from 'zod';
import type { Outcome } from '../outcome.js';
import { readGivenJson } from '../read-given-file.js';
import { textTable } from '../text-table.js';
import type { Run } from './command-context.js';

export function privacyCommands(program: Command, run: Run): void {
  const privacy = program.command('privacy').description('what a release costs, by both accountants; nothing is sent or spent');

  run<{ event?: string; batch?: string; delta?: string }>(
    privacy
      .command('epsilon')
      .description('epsilon of an event, or of a batch of textbook mechanisms')
      .option('--event <file>', 'a privacy event as JSON, as ledgers hold them')
      .option('--delta <number>', 'with --event: the probability that the promise fails')
      .option('--batch <file>', '{"cases":[{"kind","q","sigma","steps","delta"}]}; other fields are ignored'),
    async (_, __, { event, batch, delta }) => {
      // Loaded here, because no other command needs it.
      const { priceEvent, priceEvents, PrivacyEvent } = await import('@consilium/privacy');
      if (batch !== undefined && event === undefined) return told(priceEvents(await jsonFile(batch)));
      if (event === undefined || batch !== undefined)
        throw usage('Give either --event FILE with --delta, or --batch FILE.', 'consilium privacy epsilon --event event.json --delta 1e-5');
      const probability = z.number().min(1e-15).lt(1).safeParse(Number(delta));
      if (delta === undefined || !probability.success)
        throw usage('The delta is missing, or not a number from 1e-15 to below 1.', 'Add --delta 1e-5.');
      return told([priceEvent(parseValue(await jsonFile(event), PrivacyEvent, 'privacy event'), probability.data)]);
    },
  );
}

function told(prices: readonly Price[]): Outcome {
  const rows = prices.map(({ rdp, pld }, index) => [String(index + 1), String(rdp), String(pld)]);
  return { data: prices.map((price) => ({ ...price })), bare: true, text: textTable(['CASE', 'EPSILON (RDP)', 'EPSILON (PLD)'], rows) };
}

const jsonFile = (path: string): Promise<unknown> =>
  readGivenJson(path, 'file', 'Check the path and the text; numbers such as NaN are not JSON.');

const usage = (message: string, fix: string) => new ConsiliumError({ code: 'USAGE', errorClass: 'usage', message, fix });
