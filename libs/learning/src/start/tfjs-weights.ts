import { WeightsManifest } from '@consilium/protocol';
import { floatsOf, parseJson, sizeOf, weightsInvalid, type FileTensors } from './weights-invalid.js';

/** The shards that a TensorFlow.js `model.json` names, in their order. @throws ConsiliumError WEIGHTS_INVALID */
export const tfjsShards = (modelJson: Uint8Array): readonly string[] => manifestOf(modelJson).flatMap(({ paths }) => paths);

function manifestOf(modelJson: Uint8Array): WeightsManifest['weightsManifest'] {
  const parsed = WeightsManifest.safeParse(parseJson(modelJson, 'a model.json'));
  if (!parsed.success) throw weightsInvalid('has a model.json without a manifest of its weights', parsed.error);
  return parsed.data.weightsManifest;
}

/**
 * The tensors of a TensorFlow.js model: `weightsManifest` of its model.json, and the shards that it names. The layers that
 * it describes are not looked at: the study has its own.
 * @param shards - in the order of {@link tfjsShards}
 * @throws ConsiliumError WEIGHTS_INVALID, also for quantised weights and types other than float32
 */
export function readTfjsWeights(modelJson: Uint8Array, shards: readonly Uint8Array[]): FileTensors {
  const tensors = new Map<string, { readonly shape: readonly number[]; readonly values: Float64Array }>();
  let shard = 0;
  for (const { paths, weights } of manifestOf(modelJson)) {
    const data = Buffer.concat(shards.slice(shard, (shard += paths.length)));
    let at = 0;
    for (const { name, shape, dtype, ...rest } of weights) {
      if (dtype !== 'float32' || 'quantization' in rest)
        throw weightsInvalid(`has numbers of type ${'quantization' in rest ? 'quantised' : dtype.slice(0, 20)}; plain float32 can be read`);
      const end = at + sizeOf(shape) * 4;
      if (end > data.length || tensors.has(name))
        throw weightsInvalid('has shards that are shorter than its manifest says, or a name twice');
      tensors.set(name, { shape, values: floatsOf(data.subarray(at, end), 4) });
      at = end;
    }
    if (at !== data.length) throw weightsInvalid('has shards that are longer than its manifest says');
  }
  return tensors;
}
