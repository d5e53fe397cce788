import { SMALLEST_CELL } from './cell-floor.js';
import type { EvaluatedPatients } from './evaluated-patients.js';
import { levelPrefix, type MeasuredStudy } from './metric-plan.js';
import { noisyTable, tableLength, type NoisyTable } from './noisy-table.js';
import { subgroupLevels, type SubgroupLevels } from './subgroups.js';

/** A count times this is what a lane carries, so that the noise may be finer than a patient. */
export const SCORE_UNIT = 16;

/**
 * S of all tables together, an upper bound: a patient stands in one cell of each, so the norm is SCORE_UNIT·√tables
 * (PROTOCOL.md section 6).
 */
export const tablesNorm = (tables: number): number => Math.ceil(SCORE_UNIT * Math.sqrt(tables));

/** What is measured in a study with noise: a table of all evaluation patients, and one for each subgroup, level by level. */
export interface NoisyPlan {
  readonly tables: number;
  /** Names of the cells that ride in a sum, in order. */
  readonly names: readonly string[];
  readonly cells: number;
  readonly overall: NoisyTable;
  readonly level: NoisyTable;
  readonly subgroups: readonly SubgroupLevels[];
}

/** @returns undefined where no table tells anything of the outcome */
export function noisyPlan({ cohort, metrics }: MeasuredStudy): NoisyPlan | undefined {
  const overall = noisyTable(cohort.outcome, 'overall');
  const level = noisyTable(cohort.outcome, 'level');
  if (!overall || !level) return undefined;
  const subgroups = metrics.subgroups.map((subgroup) => subgroupLevels(cohort, subgroup));
  const ofLevels = subgroups.flatMap((subgroup) =>
    subgroup.levels.flatMap((_, place) => level.names.map((name) => `${levelPrefix(subgroup, place)}${name}`)),
  );
  const levels = subgroups.reduce((count, subgroup) => count + subgroup.levels.length, 0);
  return {
    tables: 1 + subgroups.length,
    names: [...overall.names, ...ofLevels],
    cells: tableLength(overall) + levels * tableLength(level),
    overall,
    level,
    subgroups,
  };
}

/**
 * Each patient in one cell of each table: one who comes or goes moves as many cells by 1 as there are tables.
 * @returns as many counts as the plan has cells
 */
export function tableCounts({ cells, overall, level, subgroups }: NoisyPlan, patients: EvaluatedPatients): Float64Array {
  const counts = new Float64Array(cells);
  const add = (cell: number): void => {
    counts[cell] = (counts[cell] ?? 0) + 1;
  };
  const width = tableLength(level);
  for (let patient = 0; patient < patients.count; patient += 1) {
    add(overall.cellOf(patients, patient));
    const own = level.cellOf(patients, patient);
    let start = tableLength(overall);
    for (const [place, subgroup] of subgroups.entries()) {
      add(start + (patients.levels[place]?.[patient] ?? 0) * width + own);
      start += subgroup.levels.length * width;
    }
  }
  return counts;
}

/** Whether so many patients, counted with noise, are a group that anything can be said of. */
export const isGroup = (patients: number, noise: number, cells: number): boolean =>
  patients >= Math.max(SMALLEST_CELL, 2 * noise * Math.sqrt(cells));
