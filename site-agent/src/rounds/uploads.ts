import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';

/** One sealed contribution: the file that this attempt sends, byte for byte, however often it is resumed. */
export interface SealedUpload {
  readonly round: number;
  readonly attempt: number;
  readonly keyEpoch: number;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** `sealed`: may be on its way; `whole`: the coordinator has it; `late`: the round was closed before. */
  readonly outcome: 'sealed' | 'whole' | 'late';
}

const Row = z
  .object({
    round: z.number(),
    attempt: z.number(),
    key_epoch: z.number(),
    bytes: z.number(),
    sha256: z.string(),
    outcome: z.enum(['sealed', 'whole', 'late']),
  })
  .transform(({ key_epoch: keyEpoch, ...row }): SealedUpload => ({ ...row, keyEpoch }));

/** Written, durably, before the first byte leaves. The first contribution of an attempt is the only one. */
export function saveUpload(state: SiteState, study: StudyHash, upload: SealedUpload): void {
  state.database
    .prepare('INSERT INTO study_upload (study, round, attempt, key_epoch, bytes, sha256, outcome) VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(study, upload.round, upload.attempt, upload.keyEpoch, upload.bytes, upload.sha256, upload.outcome);
}

export function findUpload(state: SiteState, study: StudyHash, round: number, attempt: number): SealedUpload | undefined {
  const row = state.database.prepare('SELECT * FROM study_upload WHERE study = ? AND round = ? AND attempt = ?').get(study, round, attempt);
  return row === undefined ? undefined : Row.parse(row);
}

/** Spares a question to the coordinator, and is asked again where it is lost. */
export function markUpload(state: SiteState, study: StudyHash, round: number, attempt: number, outcome: 'whole' | 'late'): void {
  state.note(() =>
    state.database
      .prepare('UPDATE study_upload SET outcome = ? WHERE study = ? AND round = ? AND attempt = ?')
      .run(outcome, study, round, attempt),
  );
}
