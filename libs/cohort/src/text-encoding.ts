import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import iconv from 'iconv-lite';
import { refuse } from './cohort-problem.js';

export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1257',
  'iso-8859-1',
  'iso-8859-2',
  'iso-8859-9',
  'iso-8859-15',
  'macintosh',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

const MARKS: readonly { readonly encoding: Encoding; readonly bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What a file says of itself by its byte-order mark, if it has one. */
export async function markedEncoding(path: string): Promise<Encoding | undefined> {
  const start = await firstBytes(path, 3);
  return MARKS.find(({ bytes }) => bytes.every((byte, index) => start[index] === byte))?.encoding;
}

async function isUtf8(path: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path)) decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return true;
  } catch (cause) {
    if (cause instanceof TypeError) return false;
    throw cause;
  }
}

/**
 * The likely encoding of a file that has no declared one: its mark, UTF-16 by its zero bytes, UTF-8 if every byte
 * fits, else windows-1252 (the usual one of Western spreadsheets, and a superset of ISO-8859-1's letters).
 */
export async function likelyEncoding(path: string): Promise<Encoding> {
  const marked = await markedEncoding(path);
  if (marked) return marked;
  const start = await firstBytes(path, 1024);
  const zeros = [0, 0];
  for (const [index, byte] of start.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (even + odd > start.length / 4) return odd >= even ? 'utf-16le' : 'utf-16be';
  return (await isUtf8(path)) ? 'utf-8' : 'windows-1252';
}

const undecodable = (encoding: Encoding) =>
  refuse({
    code: 'DATA_UNREADABLE',
    sentence: `A file of the cohort holds bytes that are not ${encoding}.`,
    fix: 'Declare source.encoding in site.yaml as the program that wrote the file names it, or export again as UTF-8.',
  });

/**
 * A file's text in pieces, its byte-order mark removed. The file is opened for reading only.
 * @throws CohortRefused DATA_UNREADABLE at the first byte that the encoding does not have
 */
export async function* decodedText(path: string, encoding: Encoding): AsyncGenerator<string> {
  const bytes = createReadStream(path, { flags: 'r', highWaterMark: 1 << 16 }) as AsyncIterable<Buffer>;
  if (encoding.startsWith('utf-')) {
    // Fatal, and the mark is swallowed: both by the WHATWG Encoding standard.
    const decoder = new TextDecoder(encoding, { fatal: true });
    try {
      for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
      yield decoder.decode();
    } catch (cause) {
      throw cause instanceof TypeError ? undecodable(encoding) : cause;
    }
    return;
  }
  const decoder = iconv.getDecoder(encoding);
  for await (const chunk of bytes) {
    const text = decoder.write(chunk);
    // One byte, one letter: iconv-lite writes U+FFFD for a byte that has none.
    if (text.includes('\uFFFD')) throw undecodable(encoding);
    yield text;
  }
}
