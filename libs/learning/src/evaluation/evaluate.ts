import { LOSS_UNITS, type MetricCount } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import type { Rows } from '@consilium/cohort';
import type { ModelState } from '../state/model-state.js';
import { NotFinite } from '../state/not-finite.js';
import { isPositive, logits } from './predict.js';

/** What one site's rows say about a state, in whole numbers. */
export interface Evaluation {
  readonly patients: bigint;
  /** Binary cross-entropy, summed over patients (a patient's records averaged), in units of 1/LOSS_UNITS nats, rounded. */
  readonly loss: bigint;
  /** Records at probability 0.5. */
  readonly truePositives: bigint;
  readonly falsePositives: bigint;
  readonly trueNegatives: bigint;
  readonly falseNegatives: bigint;
}

export interface EvaluationInput {
  readonly study: LearningStudy;
  readonly state: ModelState;
  readonly rows: Rows;
}

/** −log p of the true class: max(z, 0) − z·y + log(1 + e^−|z|), which overflows nowhere. */
const crossEntropy = (logit: number, y: number): number => Math.max(logit, 0) - logit * y + Math.log1p(Math.exp(-Math.abs(logit)));

/**
 * Loss and confusion counts of a state on some rows; the l2 term is not part of the loss.
 * @throws NotFinite where the model gives NaN or an infinity
 */
export async function evaluate(input: EvaluationInput): Promise<Evaluation> {
  const { rows } = input;
  const values = await logits(input);
  const records = new Uint32Array(rows.patientCount);
  for (const patient of rows.patients) records[patient] = (records[patient] ?? 0) + 1;
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  let loss = 0;
  for (const [row, logit] of values.entries()) {
    const y = rows.y[row] ?? 0;
    loss += crossEntropy(logit, y) / (records[rows.patients[row] ?? 0] ?? 1);
    if (isPositive(logit)) counts[y === 1 ? 'truePositives' : 'falsePositives'] += 1;
    else counts[y === 1 ? 'falseNegatives' : 'trueNegatives'] += 1;
  }
  if (!Number.isFinite(loss)) throw new NotFinite('logits', 0);
  return {
    patients: BigInt(rows.patientCount),
    loss: BigInt(Math.round(loss * LOSS_UNITS)),
    truePositives: BigInt(counts.truePositives),
    falsePositives: BigInt(counts.falsePositives),
    trueNegatives: BigInt(counts.trueNegatives),
    falseNegatives: BigInt(counts.falseNegatives),
  };
}

/**
 * One site's line of the counts that ride in the sealed sum, about `state`: loss on training and test rows, confusion
 * on test rows.
 * @param input.clamped - update values beyond `updateRange`, which the packing of this round counted
 */
export async function metricCounts(input: {
  readonly study: LearningStudy;
  readonly state: ModelState;
  readonly train: Rows;
  readonly test: Rows;
  readonly clamped: bigint;
}): Promise<Readonly<Record<MetricCount, bigint>>> {
  const train = await evaluate({ ...input, rows: input.train });
  const { patients, loss, ...confusion } = await evaluate({ ...input, rows: input.test });
  return {
    contributors: 1n,
    clamped: input.clamped,
    trainPatients: train.patients,
    trainLoss: train.loss,
    testPatients: patients,
    testLoss: loss,
    ...confusion,
  };
}
