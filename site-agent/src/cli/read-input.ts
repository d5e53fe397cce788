import { ConsiliumError } from '@consilium/protocol';
import type { CliIo } from './cli-io.js';

/**
 * All of standard input.
 * @param largest - bytes
 * @throws ConsiliumError INPUT_TOO_LARGE
 */
export async function readInput(io: Pick<CliIo, 'stdin'>, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of io.stdin) {
    const piece = Buffer.from(chunk as Uint8Array | string);
    bytes += piece.length;
    if (bytes > largest)
      throw new ConsiliumError({
        code: 'INPUT_TOO_LARGE',
        errorClass: 'usage',
        message: `Standard input holds more than ${largest} bytes.`,
        fix: 'Give what the command asks for, and nothing else.',
      });
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}
