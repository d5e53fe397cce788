import { LOSS_UNITS, type MetricCount } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import type { Rows } from '@consilium/cohort';
import type { ModelState } from '../state/model-state.js';
import { NotFinite } from '../state/not-finite.js';
import { lossOf } from '../losses/loss-of.js';
import { isPositive, modelOutputs } from './predict.js';

/** What one site's rows say about a state, in whole numbers. */
export interface Evaluation {
  readonly patients: bigint;
  /** The study's loss, summed over patients (a patient's records averaged), in units of 1/LOSS_UNITS nats, rounded. */
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

/**
 * Loss of a state on some rows, and for a binary outcome confusion counts (zeros for others, of which no rate is made); the
 * l2 term is not part of the loss.
 * @throws NotFinite where the model gives NaN or an infinity
 */
export async function evaluate(input: EvaluationInput): Promise<Evaluation> {
  const { study, rows } = input;
  const outputs = await modelOutputs(input);
  const { outcome } = study.cohort;
  const loss = meanOverRecords(rows, lossOf(outcome).ofRows(outputs, rows.y));
  if (!Number.isFinite(loss)) throw new NotFinite('logits', 0);
  return {
    patients: BigInt(rows.patientCount),
    loss: BigInt(Math.round(loss * LOSS_UNITS)),
    ...(outcome.type === 'binary' ? confusionCounts(outputs, rows.y) : NO_CONFUSION),
  };
}

/** Σ over patients of the mean over a patient's records. */
function meanOverRecords({ patients, patientCount }: Rows, values: Float64Array): number {
  const records = new Uint32Array(patientCount);
  for (const patient of patients) records[patient] = (records[patient] ?? 0) + 1;
  return values.reduce((sum, value, row) => sum + value / (records[patients[row] ?? 0] ?? 1), 0);
}

type Confusion = Pick<Evaluation, 'truePositives' | 'falsePositives' | 'trueNegatives' | 'falseNegatives'>;
const NO_CONFUSION: Confusion = { truePositives: 0n, falsePositives: 0n, trueNegatives: 0n, falseNegatives: 0n };

function confusionCounts(logits: Float32Array, y: Float32Array): Confusion {
  const counts = { ...NO_CONFUSION };
  for (const [row, logit] of logits.entries()) {
    if (isPositive(logit)) counts[y[row] === 1 ? 'truePositives' : 'falsePositives'] += 1n;
    else counts[y[row] === 1 ? 'falseNegatives' : 'trueNegatives'] += 1n;
  }
  return counts;
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
