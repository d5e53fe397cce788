import { outputCount, type Outcome } from '@consilium/protocol';
import { modelOutputs, type Prediction } from './predict.js';

/** What the last layer gives for each row, before any link function. */
export interface RowOutputs {
  /** Row-major, rows × width. */
  readonly values: Float32Array;
  /** Numbers a row. */
  readonly width: number;
}

/** The one place where evaluation meets the forward pass. */
export async function rowOutputs(input: Prediction): Promise<RowOutputs> {
  const values = await modelOutputs(input);
  return { values, width: outputCount(input.study.cohort.outcome) };
}

const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

/** Probability of each class (softmax). */
export function classProbabilities(outputs: Float32Array): readonly number[] {
  const largest = outputs.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  const powers = Array.from(outputs, (output) => Math.exp(output - largest));
  const sum = powers.reduce((one, other) => one + other, 0);
  return powers.map((power) => power / sum);
}

/** Probability that the level lies above each cut point (proportional odds), or of an event in each interval given none before. */
export const cutProbabilities = (outputs: Float32Array): readonly number[] => Array.from(outputs, logistic);

/** Probability of an event by the end of an interval. @param hazards - of each interval given none before */
export const eventBy = (hazards: readonly number[], interval: number): number =>
  1 - hazards.slice(0, interval + 1).reduce((free, hazard) => free * (1 - hazard), 1);

/** A prediction of a quantity or count in its own unit. */
export function quantityOf(outcome: Extract<Outcome, { readonly type: 'number' | 'count' }>, output: number): number {
  if (outcome.type === 'count') return Math.exp(output);
  return ownUnit(outcome, output);
}

/** The value whose encoded form is `y`. */
export function ownUnit({ transform, center, scale }: Extract<Outcome, { readonly type: 'number' }>, y: number): number {
  const value = y * scale + center;
  if (transform === 'sqrt') return Math.max(0, value) ** 2;
  return transform === 'log' ? Math.exp(value) : value;
}
