import { nameRun } from '../count-names.js';
import { DECILES, isCalled } from './calibration.js';
import { FIXED_POINT } from './metric-counts.js';

/** A table of scores: patients by true outcome and predicted probability, in bins of equal width. */
export interface ScoreTable {
  readonly bins: number;
  readonly names: readonly string[];
}

/** @param bins - a multiple of ten @param outcomes - of which the first two are without and with the outcome */
export const scoreTable = (bins: number, outcomes: readonly string[] = ['negatives', 'positives']): ScoreTable => ({
  bins,
  names: outcomes.map((outcome) => nameRun(outcome, bins)),
});

/** Cell of a patient. @param outcome - place of the true outcome @param probability - in [0, 1]; NaN counts as 1/2 */
export function scoreCell({ bins }: ScoreTable, outcome: number, probability: number): number {
  // A model that is not finite says nothing of anybody: the middle, so that taking part depends on no patient.
  const known = Number.isNaN(probability) ? 0.5 : probability;
  return outcome * bins + Math.min(bins - 1, Math.max(0, Math.floor(known * bins)));
}

/**
 * What totals without noise would be called, read off a table: area under the ROC curve with ties counted half, confusion
 * at 1/2, calibration in tenths, and the loss with each patient at the middle of the bin.
 * @param cells - in patients; noise may have made some negative, which count as 0
 */
export function scoreValues({ bins }: ScoreTable, cells: readonly number[]): Readonly<Record<string, number>> {
  const values = {
    positives: 0,
    negatives: 0,
    rocHalves: 0,
    truePositives: 0,
    falsePositives: 0,
    trueNegatives: 0,
    falseNegatives: 0,
    testLoss: 0,
  };
  const tenths: Record<string, number> = {};
  for (let bin = 0; bin < bins; bin += 1) {
    const negative = Math.max(0, cells[bin] ?? 0);
    const positive = Math.max(0, cells[bins + bin] ?? 0);
    const middle = (bin + 0.5) / bins;
    const decile = Math.floor((bin * DECILES) / bins);
    values.rocHalves += positive * (2 * values.negatives + negative);
    values.negatives += negative;
    values.positives += positive;
    values[isCalled(decile) ? 'truePositives' : 'falseNegatives'] += positive;
    values[isCalled(decile) ? 'falsePositives' : 'trueNegatives'] += negative;
    values.testLoss -= FIXED_POINT * (positive * Math.log(middle) + negative * Math.log(1 - middle));
    const add = (name: string, value: number) =>
      (tenths[`calibration.${decile}-${decile}/${name}`] = (tenths[`calibration.${decile}-${decile}/${name}`] ?? 0) + value);
    add('negatives', negative);
    add('positives', positive);
    add('predicted', FIXED_POINT * (negative + positive) * middle);
  }
  return {
    ...values,
    ...tenths,
    correct: values.truePositives + values.trueNegatives,
    wrong: values.falsePositives + values.falseNegatives,
    testPatients: values.positives + values.negatives,
  };
}
