import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import type { WorkedStudy } from './worked-study.js';

/**
 * The folder that holds a study's files: `$CONSILIUM_DATA`, else `../shared/data` beside the project.
 * @throws ConsiliumError DATA_NOT_FOUND, with what to download and from where
 */
export function locateStudyData(
  { name, files, question }: WorkedStudy,
  environment: Readonly<Record<string, string | undefined>>,
  projectRoot: string,
): string {
  const named = environment['CONSILIUM_DATA'];
  const folders = [...(named === undefined || named === '' ? [] : [resolve(named)]), resolve(projectRoot, '../shared/data')];
  const found = folders.find((folder) => files.every((file) => existsSync(join(folder, file))));
  if (found !== undefined) return found;
  throw new ConsiliumError({
    code: 'DATA_NOT_FOUND',
    errorClass: 'usage',
    message: `Study ${name} (${question}) needs ${files.join(', ')}, and no folder has ${files.length === 1 ? 'it' : 'them'}.`,
    fix: `Download as docs/worked-studies.md says, lay the files below one folder under these names, and set CONSILIUM_DATA to it.`,
  });
}
