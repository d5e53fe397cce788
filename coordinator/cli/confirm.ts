import { ConsiliumError } from '@consilium/protocol';
import type { Terminal } from './terminal.js';

/**
 * Lets a person type a word before something that others will notice; a script is not asked.
 * @param refused - what was not done, and how to do it after all
 * @throws ConsiliumError NOT_CONFIRMED
 */
export async function confirm(
  terminal: Terminal,
  question: { readonly show: string; readonly ask: string; readonly word: string },
  refused: { readonly message: string; readonly fix: string },
): Promise<void> {
  if (!terminal.interactive) return;
  terminal.say(question.show);
  if ((await terminal.ask(question.ask)) !== question.word)
    throw new ConsiliumError({ code: 'NOT_CONFIRMED', errorClass: 'failed', ...refused });
}
