import type { Algorithm } from './algorithm.js';
import type { Layer } from './layers.js';
import type { StudyProblem } from './study-problem.js';
import { sortTensors, unknownNames } from './named-tensors.js';
import { isPatientMode, type PrivacyMode } from './privacy.js';

/** Whether what stays at each site is there, leaves something to share, and is covered by what the accountant charges. */
export function localLayerProblems(algorithm: Algorithm, layers: readonly Layer[], mode: PrivacyMode): readonly StudyProblem[] {
  const names = localNames(algorithm);
  if (names.length === 0) return [];
  const path = ['algorithm', 'localLayers'];
  const unknown = unknownNames(layers, names);
  const problems = unknown.map((name): StudyProblem => [path, `${name} is no layer and no tensor of this model`]);
  if (unknown.length === 0 && sortTensors(layers, names).shared.length === 0) problems.push([path, 'at least one tensor must be common']);
  if (isPatientMode(mode))
    problems.push([
      path,
      'not with privacy for patients: a local layer is trained on them without noise and shapes what the site sends, which no accountant has charged',
    ]);
  return problems;
}

/** What stays at each site; dp-sgd has no local steps, and so nothing. */
export const localNames = (algorithm: Algorithm): readonly string[] => ('localLayers' in algorithm ? algorithm.localLayers : []);
