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

/** What is changed in the study file for the run with privacy; the noise follows from epsilon and delta. */
export interface PrivateRecipe {
  readonly rounds: number;
  /** q. */
  readonly sampling: number;
  /** C. */
  readonly clip: number;
  readonly learningRate: number;
  readonly l2: number;
  /** Further parts of the study file, by path. */
  readonly change?: readonly (readonly [path: readonly (string | number)[], value: unknown])[];
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
  readonly goal: { readonly text: string; readonly reached: (figures: Figures) => boolean };
  readonly privacy: PrivateRecipe;
  /** Columns by whose values results are told apart; tables only. */
  readonly groups: readonly string[];
  /**
   * Writes one file a site.
   * @param resplit - deals patients anew into train and test; without it the split of the data stands
   */
  readonly prepare: (data: string, directory: string, resplit?: Resplit) => Promise<ReadonlyMap<string, SiteSource>>;
}

/** One number, of all test rows together and of each site's own. */
export interface Score {
  readonly pooled: number;
  readonly bySite: ReadonlyMap<string, number>;
  /** Over the sites where it is defined. */
  readonly meanOfSites: number;
}

/** What a goal may speak of, by measure in the study's order. */
export interface Figures {
  /** The model that the processes released. */
  readonly released: readonly Score[];
  /** The same study over seeds, each of its own, in one process. */
  readonly seeds: readonly (readonly Score[])[];
  readonly pooledTraining: readonly Score[];
}
