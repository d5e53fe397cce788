import { isNamed, layerTensors } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { drawnWeights } from '../state/initial-state.js';
import { copyInto } from '../state/tensor-values.js';
import { weightsInvalid, type FileTensors } from './weights-invalid.js';

/**
 * Where every weight of a model begins that starts from given weights: those of the file, by the names of the model's
 * tensors, and for tensors that `model.start.tensors` leaves out what they begin with anyway. Tensors of the file that the
 * model does not have are not looked at.
 * @returns all tensors of the model, in its order
 * @throws ConsiliumError WEIGHTS_INVALID where a tensor is missing, of another shape, or not finite
 */
export function startingFrom(study: LearningStudy, file: FileTensors): Float64Array {
  const tensors = study.derived.layers.flatMap(layerTensors);
  const values = drawnWeights(study);
  const names = study.model.start?.tensors;
  for (const tensor of tensors.filter((one) => names === undefined || isNamed(one, names))) {
    const found = file.get(tensor.name);
    if (!found) throw weightsInvalid(`has no tensor called ${tensor.name}`);
    if (JSON.stringify(found.shape) !== JSON.stringify(tensor.shape))
      throw weightsInvalid(`has ${tensor.name} of shape [${found.shape.join(', ')}]; the model's is [${tensor.shape.join(', ')}]`);
    if (!found.values.every(Number.isFinite)) throw weightsInvalid(`has a number in ${tensor.name} that is not finite`);
    copyInto({ tensors, values }, { tensors: [tensor], values: found.values });
  }
  return values;
}
