import type { Rows } from '@consilium/cohort';
import { layerTensors } from '@consilium/protocol';
import { engine } from '../engine/engine.js';
import type { LearningStudy } from '../learning-study.js';
import { lossOf } from '../losses/loss-of.js';
import { gradient } from '../network/descend.js';
import { disposeWeights, vectorOf, weightsFrom, type Weights } from '../network/weights.js';
import { learningTensors } from '../state/learning-tensors.js';
import { augmentationRule, augmentIn } from './augment.js';
import { batchOf, disposeBatch } from './batch-source.js';

/** What a place needs before it can take gradients. */
export interface PartsOfStudy {
  readonly study: LearningStudy;
  readonly rows: Pick<Rows, 'x' | 'y'>;
}

/** Where the gradients of a batch's parts are taken: here, or in several threads at once. */
export interface PartGradients {
  /**
   * @param weights - 32-bit, as many as the model has parameters
   * @param parts - row numbers of each part
   * @param step - the step's seed, by which images are changed where the study says so
   * @returns for each part, in their order, the gradient of the mean loss over its rows with the penalty on kernels; 0 for what
   * does not learn
   */
  take(weights: Float32Array, parts: readonly Uint32Array[], step: Uint8Array): Promise<readonly Float32Array[]>;
}

/** On this thread's engine, one part after the other. The caller has seen that batches can be parted. */
export function gradientsHere({ study, rows }: PartsOfStudy): PartGradients {
  const { layers } = study.derived;
  const tensors = layers.flatMap(layerTensors);
  const learns = learningTensors(study);
  const loss = lossOf(study.cohort.outcome);
  const rules = { layers, loss, weights: study.derived.recordWeights };
  const augmentation = augmentationRule(study);
  return {
    take: async (vector, parts, step) => {
      const tf = await engine();
      const weights = weightsFrom(tf, tensors, vector);
      const augment = augmentation && augmentIn(augmentation, step);
      const gradients: Float32Array[] = [];
      try {
        for (const part of parts) {
          const batch = batchOf(tf, rows, rules, part, augment);
          try {
            const { slopes } = tf.tidy(() => gradient(tf, layers, weights, study.model.l2, batch));
            gradients.push(await vectorOf(tensors, learns ? onlyOf(slopes, learns) : slopes));
            disposeWeights(slopes);
          } finally {
            disposeBatch(batch);
          }
        }
        return gradients;
      } finally {
        disposeWeights(weights);
      }
    },
  };
}

const onlyOf = (slopes: Weights, learns: ReadonlySet<string>): Weights =>
  Object.fromEntries(Object.entries(slopes).filter(([name]) => learns.has(name)));
