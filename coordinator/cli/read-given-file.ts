import { readFile } from 'node:fs/promises';
import { ConsiliumError } from '@consilium/protocol';

/**
 * The bytes of a file that a person named.
 * @param fix - where such a file comes from
 * @throws ConsiliumError FILE_INVALID
 */
export function readGivenFile(path: string, fix = 'Check the path.'): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw invalid(`The file ${path} cannot be read.`, fix, cause);
  });
}

/**
 * What stands in a JSON file that a person named, not yet checked.
 * @param what - as it is called in the message, such as "roster"
 * @param fix - where such a file comes from
 * @throws ConsiliumError FILE_INVALID
 */
export async function readGivenJson(path: string, what: string, fix: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (cause) {
    throw invalid(`The ${what} ${path} cannot be read as JSON.`, fix, cause);
  }
}

const invalid = (message: string, fix: string, cause: unknown) =>
  new ConsiliumError({ code: 'FILE_INVALID', errorClass: 'usage', message, fix, cause });
