import type { Outcome } from '../outcome.js';
import { binaryMetrics } from './binary-metrics.js';
import { classMetrics } from './class-metrics.js';
import type { OutcomeMetrics } from './families.js';
import { quantityMetrics } from './quantity-metrics.js';
import { survivalMetrics } from './survival-metrics.js';

/** What is measured of an outcome, by its type. */
export function outcomeMetrics(outcome: Outcome): OutcomeMetrics {
  switch (outcome.type) {
    case 'binary':
      return binaryMetrics;
    case 'class':
    case 'ordinal':
      return classMetrics(outcome.levels, outcome.type);
    case 'number':
    case 'count':
      return quantityMetrics(outcome.range, outcome.type);
    case 'survival':
      return survivalMetrics;
  }
}
