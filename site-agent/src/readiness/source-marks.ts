import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { findFiles, type CohortSource } from '@consilium/cohort';

/**
 * A text that is another one once a file of a source has changed, come or gone: by names, sizes and times, so that nothing
 * is read for it. `unreadable` where an entry matches no file.
 */
export async function sourceMarks(source: CohortSource): Promise<string> {
  const paths = [source.path, ...(source.type === 'dicom' ? [source.labels.path] : [])].flat();
  const hash = createHash('sha256');
  try {
    for (const path of await findFiles(paths, '/')) {
      const { size, mtimeMs } = await stat(path);
      hash.update(JSON.stringify([path, size, mtimeMs]));
    }
  } catch {
    return 'unreadable';
  }
  return hash.digest('hex');
}
