import type { IncomingMessage } from 'node:http';
import { ConsiliumError } from '@consilium/protocol';

/** A form has a few short fields. */
const LARGEST = 16_384;

/** The fields of a posted form. @throws ConsiliumError FORM_INVALID */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw invalid();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = chunk as Buffer;
    bytes += piece.length;
    if (bytes > LARGEST) throw invalid();
    chunks.push(piece);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

const invalid = () =>
  new ConsiliumError({
    code: 'FORM_INVALID',
    errorClass: 'usage',
    message: 'That is not a form of this page.',
    fix: 'Open the page again and fill in the form there.',
  });
