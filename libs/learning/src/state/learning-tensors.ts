import { layerTensors } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';

/** The names of the tensors that learn, together or at each site; undefined where all do. */
export function learningTensors({ derived }: LearningStudy): ReadonlySet<string> | undefined {
  const learns = new Set([...derived.tensors, ...(derived.localTensors ?? [])].map(({ name }) => name));
  return learns.size === derived.layers.flatMap(layerTensors).length ? undefined : learns;
}
