import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';

const Row = z.object({ fingerprint: z.string() });

/** The fingerprint of the cohort as it was at the first use in this study. */
export function cohortFingerprint(state: SiteState, study: StudyHash): string | undefined {
  const row = state.database.prepare('SELECT fingerprint FROM study_cohort WHERE study = ?').get(study);
  return row === undefined ? undefined : Row.parse(row).fingerprint;
}

/** The first one stays. */
export function fixFingerprint(state: SiteState, study: StudyHash, fingerprint: string): void {
  state.database.prepare('INSERT OR IGNORE INTO study_cohort (study, fingerprint) VALUES (?, ?)').run(study, fingerprint);
}
