import {
  boundedPrediction,
  coarseScoreBin,
  decileOf,
  FIXED_POINT,
  hasMatrix,
  isCalled,
  matrixName,
  probabilityOf,
  scoreBin,
  type EvaluatedPatients,
  type Outcome,
} from '@consilium/protocol';
import { concordance } from './concordance.js';

/** Sums over a group by the names of the outcome's metrics; a name that is absent is 0. */
export type Sums = Readonly<Record<string, number>>;

/** @param members - patients of the group */
export function groupCounts(outcome: Outcome, patients: EvaluatedPatients, members: readonly number[], group: 'overall' | 'level'): Sums {
  const sums: Record<string, number> = {};
  const add = (name: string, value = 1): void => {
    sums[name] = (sums[name] ?? 0) + value;
  };
  const { truth, predicted, loss } = patients;
  for (const patient of members) {
    add('testPatients');
    add('testLoss', (loss[patient] ?? 0) * FIXED_POINT);
    const count = { truth: truth[patient] ?? 0, predicted: predicted[patient] ?? 0, group, add };
    if (outcome.type === 'binary') countScore(count);
    else if (outcome.type === 'class' || outcome.type === 'ordinal') countClass(outcome, count);
    else if (outcome.type === 'number' || outcome.type === 'count') countQuantity(outcome, count);
    else if ((truth[patient] ?? 0) > 0) add('events');
  }
  if (outcome.type !== 'survival') return sums;
  const of = (values: Float64Array) => Float64Array.from(members, (patient) => values[patient] ?? 0);
  const { comparable, halves } = concordance(of(truth), of(predicted));
  return { ...sums, comparablePairs: comparable, concordantHalves: halves };
}

interface One {
  readonly truth: number;
  readonly predicted: number;
  readonly group: 'overall' | 'level';
  readonly add: (name: string, value?: number) => void;
}

function countScore({ truth, predicted: logit, group, add }: One): void {
  const probability = probabilityOf(logit);
  const decile = decileOf(probability);
  const positive = truth === 1;
  add(isCalled(decile) ? (positive ? 'truePositives' : 'falsePositives') : positive ? 'falseNegatives' : 'trueNegatives');
  add(`${positive ? 'rocPositives' : 'rocNegatives'}${group === 'overall' ? scoreBin(logit) : coarseScoreBin(logit)}`);
  if (group === 'level') return;
  add(`${positive ? 'decilePositives' : 'decileNegatives'}${decile}`);
  add(`decilePredicted${decile}`, probability * FIXED_POINT);
}

function countClass(
  { type, levels }: Extract<Outcome, { readonly type: 'class' | 'ordinal' }>,
  { truth, predicted, group, add }: One,
): void {
  const right = truth === predicted;
  if (group === 'level') add(right ? 'correct' : 'wrong');
  else add(hasMatrix(levels.length) ? matrixName(levels.length, truth, predicted) : `${right ? 'right' : 'wrong'}${truth}`);
  if (type === 'ordinal') add('rankError', Math.abs(truth - predicted));
}

function countQuantity({ type, range }: Extract<Outcome, { readonly type: 'number' | 'count' }>, { truth, predicted, add }: One): void {
  const [low, high] = range;
  const width = high - low;
  const error = Math.abs(boundedPrediction(range, predicted) - truth) / width;
  const place = (truth - low) / width;
  add('absoluteError', error * FIXED_POINT);
  add('squaredError', error * error * FIXED_POINT);
  add('outcomeSum', place * FIXED_POINT);
  add('outcomeSquares', place * place * FIXED_POINT);
  if (type === 'count') add('deviance', poissonDeviance(truth, predicted) * FIXED_POINT);
  else add(error * width <= 0.2 * Math.abs(truth) ? 'within20' : 'beyond20');
}

/** 0 for a perfect rate (McCullagh and Nelder 1989, section 2.3). */
const poissonDeviance = (count: number, rate: number): number =>
  2 * Math.max(0, rate - count - (count > 0 ? count * Math.log(Math.max(Number.MIN_VALUE, rate) / count) : 0));
