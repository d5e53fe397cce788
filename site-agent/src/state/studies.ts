import { ConsiliumError, StudyHash, studyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

/** A specification as this site received it, byte for byte. */
export interface StoredStudy {
  readonly hash: StudyHash;
  readonly specification: Uint8Array;
  readonly receivedAt: string;
}

const Row = z.object({ hash: StudyHash, specification: z.instanceof(Uint8Array), received_at: z.string() });
const fromRow = (row: unknown): StoredStudy => {
  const { hash, specification, received_at: receivedAt } = Row.parse(row);
  return { hash, specification, receivedAt };
};

/** Keeps a specification under the hash that its own bytes have; the first copy stays. */
export function storeStudy(state: SiteState, specification: Uint8Array): StudyHash {
  const hash = studyHash(specification);
  state.database
    .prepare('INSERT OR IGNORE INTO study (hash, specification, received_at) VALUES (?, ?, ?)')
    .run(hash, specification, new Date().toISOString());
  return hash;
}

export function findStudy(state: SiteState, hash: StudyHash): StoredStudy | undefined {
  const row = state.database.prepare('SELECT * FROM study WHERE hash = ?').get(hash);
  return row === undefined ? undefined : fromRow(row);
}

/** In the order in which they were received. */
export function listStudies(state: SiteState): readonly StoredStudy[] {
  return state.database.prepare('SELECT * FROM study ORDER BY received_at, hash').all().map(fromRow);
}

/**
 * The one stored study whose hash begins with `prefix`.
 * @throws ConsiliumError STUDY_UNKNOWN, STUDY_AMBIGUOUS, or usage where `prefix` is not 4 to 64 hex digits
 */
export function studyByPrefix(state: SiteState, prefix: string): StoredStudy {
  const refuse = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'usage', message, fix });
  if (!/^[0-9a-f]{4,64}$/.test(prefix))
    throw refuse('STUDY_HASH', 'A study is named by at least 4 hex digits of its hash.', 'Run: consilium-site study list');
  const [found, another] = listStudies(state).filter(({ hash }) => hash.startsWith(prefix));
  if (found === undefined) throw refuse('STUDY_UNKNOWN', `This site knows no study ${prefix}.`, 'Run: consilium-site study list');
  if (another !== undefined) throw refuse('STUDY_AMBIGUOUS', `More than one study begins with ${prefix}.`, 'Give more digits of the hash.');
  return found;
}
