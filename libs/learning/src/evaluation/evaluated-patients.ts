import type { Rows } from '@consilium/cohort';
import { horizonPlace, type EvaluatedPatients, type Outcome, type SubgroupLevels } from '@consilium/protocol';
import { PatientRows } from '../training/patient-rows.js';
import type { Prediction } from './predict.js';
import { classProbabilities, cutProbabilities, eventBy, ownUnit, quantityOf, rowOutputs, type RowOutputs } from './row-outputs.js';
import { lossOf } from '../losses/loss-of.js';

/**
 * What a state says of each patient of some rows: predictions of a patient's records are averaged (probabilities, not
 * logits), the true class is that of most records (the higher of two that are even), a true value their mean, a survival
 * time and the level of a subgroup those of the first record. Throws for no patient, whatever the model says.
 */
export async function evaluatedPatients(
  input: Omit<Prediction, 'rows'> & { readonly rows: Rows; readonly subgroups?: readonly SubgroupLevels[] },
): Promise<EvaluatedPatients> {
  const { study, rows, subgroups = [] } = input;
  return patientsFrom(study.cohort.outcome, await rowOutputs(input), rows, subgroups);
}

/** @param outputs - of each row */
export function patientsFrom(outcome: Outcome, outputs: RowOutputs, rows: Rows, subgroups: readonly SubgroupLevels[]): EvaluatedPatients {
  const { values, width } = outputs;
  const outputsOf = (row: number): Float32Array => values.subarray(row * width, (row + 1) * width);
  const records = new PatientRows(rows);
  const { patientCount: count } = rows;
  const truth = new Float64Array(count);
  const predicted = new Float64Array(count);
  const isDiscrete = outcome.type === 'survival' && outcome.intervals !== undefined;
  const byHorizon = new Float64Array(isDiscrete ? count : 0);
  const { ofRows } = lossOf(outcome);
  const rowLosses = ofRows(values, rows.y);
  const loss = new Float64Array(count);
  for (let patient = 0; patient < count; patient += 1) {
    const own = Array.from(records.of(patient));
    const given = own.map(outputsOf);
    const y = own.map((row) => rows.y[row] ?? 0);
    truth[patient] = truthOf(outcome, y);
    predicted[patient] = predictionOf(outcome, given);
    loss[patient] = mean(own.map((row) => rowLosses[row] ?? Number.NaN));
    if (isDiscrete)
      byHorizon[patient] = mean(given.map((output) => eventBy(cutProbabilities(output), horizonPlace(outcome.intervals ?? []))));
  }
  return {
    count,
    truth,
    predicted,
    byHorizon,
    // A Cox model's loss is that of risk sets, and those are of patients, not of records.
    loss: outcome.type === 'survival' && !isDiscrete ? ofRows(Float32Array.from(predicted), Float32Array.from(truth)) : loss,
    levels: subgroups.map(({ levelOf }) => firstLevels(rows, records, levelOf)),
  };
}

function firstLevels(rows: Rows, records: PatientRows, levelOf: SubgroupLevels['levelOf']): Uint8Array {
  const width = rows.y.length === 0 ? 0 : rows.x.length / rows.y.length;
  return Uint8Array.from({ length: rows.patientCount }, (_, patient) => {
    const [first = 0] = records.of(patient);
    return levelOf(rows.x.subarray(first * width, (first + 1) * width));
  });
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const columnMeans = (lists: readonly (readonly number[])[]): readonly number[] =>
  (lists[0] ?? []).map((_, column) => mean(lists.map((list) => list[column] ?? 0)));

function truthOf(outcome: Outcome, y: readonly number[]): number {
  switch (outcome.type) {
    case 'number':
      return mean(y.map((value) => ownUnit(outcome, value)));
    case 'count':
      return mean(y);
    case 'survival':
      return y[0] ?? 0;
    default:
      return mostFrequent(y);
  }
}

function mostFrequent(places: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  const [first = [0, 0]] = [...counts].sort(([one, often], [other, oftener]) => oftener - often || other - one);
  return first[0];
}

function predictionOf(outcome: Outcome, outputs: readonly Float32Array[]): number {
  const firsts = outputs.map((output) => output[0] ?? Number.NaN);
  switch (outcome.type) {
    case 'binary': {
      // Of one record the logit itself, which says more than a probability that rounds to 1.
      if (firsts.length === 1) return firsts[0] ?? Number.NaN;
      const probability = mean(firsts.map((logit) => 1 / (1 + Math.exp(-logit))));
      return Math.log(probability / (1 - probability));
    }
    case 'class': {
      const probabilities = columnMeans(outputs.map(classProbabilities));
      return probabilities.reduce((best, probability, place) => (probability > (probabilities[best] ?? 0) ? place : best), 0);
    }
    case 'ordinal':
      return columnMeans(outputs.map(cutProbabilities)).filter((above) => above >= 0.5).length;
    case 'number':
    case 'count':
      return mean(firsts.map((output) => quantityOf(outcome, output)));
    case 'survival':
      return mean(firsts);
  }
}
