import type { Algorithm } from './algorithm.js';
import type { Layer } from './layers.js';
import { layerTensors } from './layers.js';
import { localNames } from './local-layer-problems.js';
import type { Model } from './model.js';
import type { StudyProblem } from './study-problem.js';
import { isNamed, sortTensors, unknownNames } from './named-tensors.js';
import { isPatientMode, type PrivacyMode } from './privacy.js';

/** Whether what a model trains and starts from is there, and can be trained alone. */
export function trainedTensorProblems(
  { model, algorithm, mode }: { readonly model: Model; readonly algorithm: Algorithm; readonly mode: PrivacyMode },
  layers: readonly Layer[],
): readonly StudyProblem[] {
  const started = unknown(layers, ['model', 'start', 'tensors'], model.start?.tensors ?? []);
  const { train } = model;
  if (train === undefined) return started;
  const path = ['model', 'train'];
  const problems = [...started, ...unknown(layers, path, train)];
  if (problems.length > 0) return problems;
  const { shared, fixed } = sortTensors(layers, localNames(algorithm), train);
  if (shared.length === 0) problems.push([path, 'at least one tensor must be learned together']);
  const both = layers.flatMap(layerTensors).find((tensor) => isNamed(tensor, localNames(algorithm)) && !isNamed(tensor, train));
  if (both) problems.push([['algorithm', 'localLayers'], `${both.name} is not among those that model.train lets learn`]);
  const norm = layers.find((layer) => layer.kind === 'batchNorm' && layerTensors(layer).some((tensor) => !isNamed(tensor, train)));
  if (norm && 'name' in norm)
    problems.push([path, `${norm.name}, or a norm other than batch: batch normalisation follows the batches while others learn`]);
  if (isPatientMode(mode) && fixed.length > 0)
    problems.push([
      path,
      `left out in mode ${mode}: one patient's influence is bounded over all tensors of a model, not yet over some of them`,
    ]);
  return problems;
}

const unknown = (layers: readonly Layer[], path: string[], names: readonly string[]): StudyProblem[] =>
  unknownNames(layers, names).map((name) => [path, `${name} is no layer and no tensor of this model`]);
