import type { Outcome } from '@consilium/protocol';
import { binaryLoss } from './binary-loss.js';
import { classLoss } from './class-loss.js';
import { countLoss } from './count-loss.js';
import { coxLoss } from './cox-loss.js';
import { discreteSurvivalLoss } from './discrete-survival-loss.js';
import type { Loss } from './loss.js';
import { numberLoss } from './number-loss.js';
import { ordinalLoss } from './ordinal-loss.js';

/** What a study's training minimises: its outcome decides, not its data. */
export function lossOf(outcome: Outcome): Loss {
  switch (outcome.type) {
    case 'binary':
      return binaryLoss;
    case 'class':
      return classLoss(outcome.levels.length);
    case 'ordinal':
      return ordinalLoss(outcome.levels.length);
    case 'number':
      return numberLoss(outcome);
    case 'count':
      return countLoss;
    case 'survival':
      return outcome.intervals ? discreteSurvivalLoss(outcome.intervals) : coxLoss;
  }
}
