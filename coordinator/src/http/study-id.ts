import { ConsiliumError, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { matchStudies, type Database } from '../storage/index.js';

/** A hash, the beginning of one (4 digits or more), or a name. */
export const StudyId = z.string().regex(/^[a-z0-9-]{1,64}$/, 'a study hash, the beginning of one, or a study name');

/**
 * The study that a person means: that of the whole hash, else the newest of that name, else the only one whose hash
 * begins so.
 * @throws ConsiliumError STUDY_UNKNOWN, STUDY_AMBIGUOUS
 */
export async function studyOfId(db: Database, id: string): Promise<StudyHash> {
  const rows = await matchStudies(db, id);
  const named = rows.find((row) => row.hash === id) ?? rows.find((row) => row.name === id);
  if (named) return named.hash;
  const [first, ...others] = rows;
  if (!first)
    throw new ConsiliumError({
      code: 'STUDY_UNKNOWN',
      errorClass: 'usage',
      message: `There is no study ${id}.`,
      fix: 'List the studies: consilium study status.',
    });
  if (others.length > 0)
    throw new ConsiliumError({
      code: 'STUDY_AMBIGUOUS',
      errorClass: 'usage',
      message: `${rows.length} studies begin with ${id}.`,
      fix: 'Give more digits of the hash.',
    });
  return first.hash;
}
