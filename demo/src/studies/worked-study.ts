import type { Measure } from './measures.js';
import type { Resplit } from './resplit.js';

/** Where one site's cohort lies: `cohorts.<name>.source` of its `site.yaml`. */
export type SiteSource = Readonly<Record<string, unknown>> & { readonly type: 'csv' | 'npz' };

/** A line of the table that is not ours. */
export interface PublishedLine {
  readonly method: string;
  /** One for each measure of the study, in their order; undefined where it was not given. */
  readonly values: readonly (number | undefined)[];
}

/** Other values in a study file, by path. */
export type StudyChanges = readonly (readonly [path: readonly (string | number)[], value: unknown])[];

/** What is changed in the study file for the run with privacy; the noise follows from epsilon and delta. */
export interface PrivateRecipe {
  readonly rounds: number;
  /** q. */
  readonly sampling: number;
  /** C. */
  readonly clip: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly change?: StudyChanges;
}

/** The same study in which each site also learns something for itself; each is scored with its own. */
export interface OwnPart {
  /** A few words for its line in the table. */
  readonly what: string;
  readonly change: StudyChanges;
}

/** The same study over the same data dealt to other sites; without privacy, in one process. */
export interface OtherSites {
  /** A few words for its lines in the table. */
  readonly what: string;
  readonly prepare: Prepare;
}

/**
 * Writes one file a site.
 * @param resplit - deals patients anew into train and test; without it the split of the data stands
 */
export type Prepare = (data: string, directory: string, resplit?: Resplit) => Promise<ReadonlyMap<string, SiteSource>>;

/** What a study should reach. */
export interface Goal {
  readonly text: string;
  readonly reached: (figures: Figures) => boolean;
}

/** A study on public data that people can run, with numbers of others beside it. */
export interface WorkedStudy {
  readonly name: string;
  /** A sentence for people. */
  readonly question: string;
  /** Files below the data folder, and where they come from. */
  readonly files: readonly string[];
  readonly cohort: string;
  /** The first is what the goal speaks of. */
  readonly measures: readonly Measure[];
  readonly published: readonly PublishedLine[];
  /** What the comparison can and cannot say. */
  readonly notes: readonly string[];
  readonly goals: readonly Goal[];
  readonly privacy: PrivateRecipe;
  /** What pooled training does otherwise than one site of the study; absent: nothing. */
  readonly pooledChange?: StudyChanges;
  readonly ownPart?: OwnPart;
  readonly otherSites?: OtherSites;
  /** Columns by whose values results are told apart; tables only. */
  readonly groups: readonly string[];
  readonly prepare: Prepare;
}

/** One number, of all test rows together and of each site's own. */
export interface Score {
  readonly pooled: number;
  readonly bySite: ReadonlyMap<string, number>;
  /** Over the sites where it is defined. */
  readonly meanOfSites: number;
}

/** One measure, all test rows together or the mean of sites, as its mean over runs. */
export const meanOverRuns = (runs: readonly (readonly Score[])[], measure: number, of: 'pooled' | 'meanOfSites'): number =>
  runs.reduce((sum, scores) => sum + (scores[measure]?.[of] ?? Number.NaN), 0) / runs.length;

/** What a goal may speak of, by measure in the study's order. */
export interface Figures {
  /** The model that the processes released. */
  readonly released: readonly Score[];
  /** The same study over seeds, each of its own, in one process. */
  readonly seeds: readonly (readonly Score[])[];
  readonly pooledTraining: readonly Score[];
  /** With `ownPart`, over seeds; empty without. */
  readonly ownPart: readonly (readonly Score[])[];
}
