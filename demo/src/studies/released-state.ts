import type { ModelState } from '@consilium/learning';
import { layerTensors, readModelBundle, type ResolvedStudy } from '@consilium/protocol';

/**
 * A released model as a state to predict with: every tensor of the model, in the model's order. What sites learn for
 * themselves is in no bundle and has the values here with which training began; nor is the optimiser's memory.
 * @throws ConsiliumError INVALID_BUNDLE, INVALID_FILE
 */
export function releasedState({ derived }: ResolvedStudy, bundle: Uint8Array): ModelState {
  return {
    tensors: derived.layers.flatMap(layerTensors),
    weights: Float64Array.from(readModelBundle(bundle).tensors.flatMap(({ values }) => values)),
    optimiser: { name: 'fedavg' },
  };
}
