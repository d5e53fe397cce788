import type { ShownEpsilon } from '@consilium/privacy';
import type { Budget } from '../study/budgets.js';
import type { GroupLine } from './group-table.js';
import type { Score } from './worked-study.js';

/** Mean and deviation of one measure over several runs. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly runs: number;
}

/** A line of ours: pooled test rows and the mean of sites, by measure. */
export interface OwnLine {
  readonly method: string;
  readonly values: readonly { readonly pooled: Spread; readonly meanOfSites: Spread }[];
}

export interface WorkedResult {
  readonly lines: readonly OwnLine[];
  /** Of the released model without privacy. */
  readonly bySite: ReadonlyMap<string, readonly number[]>;
  readonly groups: readonly GroupLine[];
  readonly privacy: {
    readonly delta: number;
    readonly epsilon: ShownEpsilon;
    readonly epsilonIfAllOthersCollude: ShownEpsilon;
    readonly noiseMultiplier: number;
    readonly budgets: readonly Budget[];
    readonly ledgersVerified: boolean;
  };
  readonly goals: readonly { readonly text: string; readonly reached: boolean }[];
  readonly seconds: number;
}

/** Over runs, by measure. @param runs - at least one */
export function ownLine(method: string, runs: readonly (readonly Score[])[]): OwnLine {
  const measures = runs[0]?.length ?? 0;
  return {
    method,
    values: Array.from({ length: measures }, (_, measure) => ({
      pooled: spread(runs.map((run) => run[measure]?.pooled ?? Number.NaN)),
      meanOfSites: spread(runs.map((run) => run[measure]?.meanOfSites ?? Number.NaN)),
    })),
  };
}

function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, deviation: Math.sqrt(square), runs: values.length };
}
