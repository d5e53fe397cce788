import { expandNames } from '../count-names.js';
import { calibrationPoints, type CalibrationPoint } from './binary-metrics.js';
import { confusionMatrix } from './class-metrics.js';
import { figure, meanOf, NOT_SHOWN, type Figure, type Values } from './figure.js';
import { gapsBetween, type Gap } from './gaps.js';
import { FIXED_POINT } from './metric-counts.js';
import { levelPrefix, metricPlan, type MeasuredStudy } from './metric-plan.js';
import { isGroup, noisyPlan, SCORE_UNIT, type NoisyPlan } from './noisy-plan.js';
import type { NoisyTable } from './noisy-table.js';
import { tableLength } from './noisy-table.js';

/** Totals by name, as signed: decimal text, or null where one is held back. */
export type SignedTotals = Readonly<Record<string, string | null>>;

export interface LevelMetrics {
  readonly level: string;
  /** Patients; null where they are too few to be shown. With noise to the nearest whole patient. */
  readonly support: number | null;
  readonly figures: readonly Figure[];
}

export interface SubgroupMetrics {
  readonly input: string;
  readonly levels: readonly LevelMetrics[];
  readonly gaps: readonly Gap[];
}

/** All that people read off the signed totals of one state. No value is ever NaN. */
export interface StudyMetrics {
  readonly support: number | null;
  readonly figures: readonly Figure[];
  /** Binary outcomes: lowest probabilities first. */
  readonly calibration: readonly CalibrationPoint[];
  /** Classes and levels: rows are true ones, columns what the model called them; null where a cell is held back. */
  readonly confusion: readonly (readonly (number | null)[])[];
  readonly subgroups: readonly SubgroupMetrics[];
}

/** What decides how totals are read. @see ResolvedStudy */
export interface ReadStudy extends MeasuredStudy {
  readonly derived: { readonly noise?: { readonly tableVariance?: number } | undefined };
}

/** @param contributors - sites whose noise is in the totals */
export function studyMetrics(study: ReadStudy, totals: SignedTotals, contributors: number): StudyMetrics {
  const variance = study.derived.noise?.tableVariance;
  const plan = variance === undefined ? undefined : noisyPlan(study);
  if (plan && variance !== undefined) return noisyMetrics(study, plan, totals, Math.sqrt(contributors * variance) / SCORE_UNIT);
  return exactMetrics(study, totals);
}

function exactMetrics(study: MeasuredStudy, totals: SignedTotals): StudyMetrics {
  const { metrics, subgroups } = metricPlan(study);
  const within =
    (prefix: string): Values =>
    (name) =>
      numberOf(totals[`${prefix}${name}`]);
  const all = within('');
  return {
    ...head(study, all, [
      lossFigure('trainLoss', all('trainLoss'), all('trainPatients')),
      lossOf(all),
      ...metrics.figures(all, 'overall', 0),
    ]),
    subgroups: subgroups.map((subgroup) =>
      subgroupOf(
        subgroup.input,
        subgroup.levels.map((level, place) => {
          const values = within(levelPrefix(subgroup, place));
          return { level, support: values('testPatients') ?? null, figures: [lossOf(values), ...metrics.figures(values, 'level', 0)] };
        }),
      ),
    ),
  };
}

function noisyMetrics(study: MeasuredStudy, plan: NoisyPlan, totals: SignedTotals, deviation: number): StudyMetrics {
  const own = metricPlan(study).metrics;
  const read = (table: NoisyTable, prefix: string) => {
    const cells = expandNames(table.names).map((name) => Number(totals[`${prefix}${name}`] ?? 0) / SCORE_UNIT);
    const known = table.values(cells);
    return (name: string) => known[name];
  };
  // A figure's numerator adds up about half of the cells.
  const noiseOf = (table: NoisyTable): number => deviation * Math.sqrt(tableLength(table) / 2);
  const figuresOf = (table: NoisyTable, values: Values, group: 'overall' | 'level'): readonly Figure[] =>
    table.figures?.(values, noiseOf(table)) ?? own.figures(values, group, noiseOf(table));
  const all = read(plan.overall, '');
  return {
    ...head(study, all, [...(all('testLoss') === undefined ? [] : [lossOf(all)]), ...figuresOf(plan.overall, all, 'overall')]),
    subgroups: plan.subgroups.map((subgroup) =>
      subgroupOf(
        subgroup.input,
        subgroup.levels.map((level, place) => {
          const values = read(plan.level, levelPrefix(subgroup, place));
          const support = values('testPatients') ?? 0;
          const shown = isGroup(support, deviation, tableLength(plan.level));
          const figures = figuresOf(plan.level, shown ? values : () => null, 'level');
          return { level, support: shown ? Math.round(support) : null, figures };
        }),
      ),
    ),
  };
}

function head(study: MeasuredStudy, values: Values, figures: readonly Figure[]): Omit<StudyMetrics, 'subgroups'> {
  const { outcome } = study.cohort;
  const support = values('testPatients');
  return {
    support: support === undefined || support === null ? null : Math.round(support),
    figures,
    calibration: outcome.type === 'binary' ? calibrationPoints(values) : [],
    confusion: outcome.type === 'class' || outcome.type === 'ordinal' ? (confusionMatrix(outcome.levels.length, values) ?? []) : [],
  };
}

function subgroupOf(input: string, levels: readonly LevelMetrics[]): SubgroupMetrics {
  return { input, levels, gaps: gapsBetween(levels) };
}

const numberOf = (text: string | null | undefined): number | null | undefined => (typeof text === 'string' ? Number(text) : text);
const lossOf = (values: Values): Figure => lossFigure('testLoss', values('testLoss'), values('testPatients'));
const lossFigure = (name: string, loss: number | null | undefined, patients: number | null | undefined): Figure =>
  figure(name, [loss, patients], (sum, count) => meanOf(sum / FIXED_POINT, count));

/** The value of a figure, or null. */
export const figureValue = (figures: readonly Figure[], name: string): number | null =>
  figures.find((one) => one.name === name)?.value ?? null;

/** A figure as people read it: four digits, or why there is none. */
export function figureText({ value, reason }: Pick<Figure, 'value' | 'reason'>): string {
  return value === null ? (reason ?? NOT_SHOWN) : String(Number(value.toPrecision(4)));
}
