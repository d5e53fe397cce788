import type { Rows } from '@consilium/cohort';
import { parameterCount } from '@consilium/protocol';
import { engine } from '../src/engine/engine.js';
import type { LearningStudy } from '../src/index.js';
import { lossOf } from '../src/losses/loss-of.js';
import { gradient } from '../src/network/descend.js';
import { disposeWeights, vectorOf, weightsFrom } from '../src/network/weights.js';
import { batchOf, disposeBatch } from '../src/training/batch-source.js';

/** The gradient of one patient alone, of whatever layers and outcome: one record after the other on the engine, averaged. */
export async function engineGradient(study: LearningStudy, weights: Float64Array, rows: Rows, records: Uint32Array): Promise<Float64Array> {
  const tf = await engine();
  const { layers, tensors } = study.derived;
  const own = weightsFrom(tf, tensors, weights);
  const mean = new Float64Array(parameterCount(tensors));
  for (const record of records) {
    const batch = batchOf(
      tf,
      rows,
      { layers, loss: lossOf(study.cohort.outcome), weights: study.derived.recordWeights },
      Uint32Array.of(record),
    );
    const { slopes } = tf.tidy(() => gradient(tf, layers, own, 0, batch));
    for (const [index, value] of (await vectorOf(tensors, slopes)).entries()) mean[index]! += value / records.length;
    disposeWeights(slopes);
    disposeBatch(batch);
  }
  disposeWeights(own);
  return mean;
}
