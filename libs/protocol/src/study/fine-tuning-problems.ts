import type { Algorithm } from './algorithm.js';
import { isPatientMode, type PrivacyMode } from './privacy.js';
import type { StudyProblem } from './study-problem.js';

/** Whether what a site trains for itself at the end is covered by what the accountant charges. */
export function fineTuningProblems({ fineTune }: Algorithm, mode: PrivacyMode): readonly StudyProblem[] {
  if (!fineTune || !isPatientMode(mode)) return [];
  const message =
    "not with privacy for patients: a site's own model would be trained on them without noise, in steps that no accountant has charged";
  return [[['algorithm', 'fineTune'], message]];
}
