import { z } from 'zod';
import type { Algorithm } from './algorithm.js';
import type { StudyProblem } from './study-problem.js';
import { isPatientMode, type PrivacyMode } from './privacy.js';

/**
 * After the last round each site trains a copy of the final model further on its own rows, for itself. It is in no sum and in
 * no release; what the sites learned together stays as it is.
 */
export const FineTuning = z.strictObject({
  localSteps: z.int().min(1).max(100_000),
  /** Absent: as in the rounds. */
  learningRate: z.number().gt(0).max(1e3).optional(),
});
export type FineTuning = z.infer<typeof FineTuning>;

export function fineTuningProblems({ fineTune }: Algorithm, mode: PrivacyMode): readonly StudyProblem[] {
  if (!fineTune || !isPatientMode(mode)) return [];
  const message =
    "not with privacy for patients: a site's own model would be trained on them without noise, in steps that no accountant has charged";
  return [[['algorithm', 'fineTune'], message]];
}
