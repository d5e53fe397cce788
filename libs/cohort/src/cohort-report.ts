import type { EncodedColumn } from '@consilium/protocol';
import type { CohortProblem } from './cohort-problem.js';
import type { ImagesReport } from './images/image-tally.js';
import type { RepeatReport } from './repeated-records.js';
import type { SourceProposal } from './source-survey.js';
import type { ColumnType } from './study-columns.js';

/** Rows concerned: how many, and the first 20 row numbers. */
export interface RowCount {
  readonly count: number;
  readonly rows: readonly number[];
}

/** What the cells of one column are, over some rows. */
export interface Tally {
  readonly rows: number;
  /** Cells with a valid value. */
  readonly present: number;
  readonly missing: number;
  /** `missing / rows`; 0 where there are no rows. */
  readonly missingShare: number;
  /** Missing cells by declared code; the code '' is the empty cell. */
  readonly byCode: readonly { readonly code: string; readonly count: number }[];
  /** Missing cells for which the study's constant stands in. */
  readonly imputed: number;
  /** Cells that came in by an alias, and cells that the study sends to its level for all others. */
  readonly byAlias: number;
  readonly byOther: number;
  /** Text in a numeric column, or a number that is not whole in an integer column. */
  readonly wrongType: RowCount;
  /** Outside the declared range or list of levels. */
  readonly outside: RowCount;
  /** Mean of the present values of a numeric column; absent below {@link MEAN_FLOOR} of them. */
  readonly mean?: number;
  /** Present values by level, for a category with declared levels. */
  readonly levels?: Readonly<Record<string, number>>;
}

/** A mean over fewer values comes too near to the values. */
export const MEAN_FLOOR = 5;

export interface ColumnReport {
  readonly name: string;
  readonly role: 'input' | 'outcome';
  readonly type: ColumnType;
  /** Rows that the split puts into train or test. What is wrong here refuses the cohort. */
  readonly inSplit: Tally;
  /** All rows but those left out by rule. What is wrong here only is a note. */
  readonly all: Tally;
}

export interface PartReport {
  readonly rows: number;
  readonly patients: number;
  /** Rows whose outcome is positive, or whose event was seen; absent for outcomes that are neither. */
  readonly positive?: number;
}

/** What `consilium-site cohort check` found: plain data for the site's own eyes. No cell's content, no identifier. */
export interface CohortReport {
  readonly cohort: string;
  /** No problem: {@link loadCohort} gives rows. */
  readonly accepted: boolean;
  /** The reasons against, all of them. */
  readonly problems: readonly CohortProblem[];
  /** What a person should know, though it refuses nothing. */
  readonly notes: readonly string[];
  /** Rows by file, in the order in which rows are counted through. */
  readonly files: readonly { readonly rows: number }[];
  readonly rows: number;
  /** Records without any text, as spreadsheets append them: left out. */
  readonly blankRows: number;
  /** Distinct identifiers after trimming; without `patientId` the number of rows. */
  readonly patients: number;
  readonly patientsBy: 'identifier' | 'row';
  /** Rows whose identifier stood between spaces. */
  readonly trimmedIds: RowCount;
  readonly repeats: RepeatReport;
  readonly excluded: {
    /** By the study's rules, in their order; a row counts at the first rule that meets it. */
    readonly byRule: readonly { readonly column: string; readonly count: number }[];
    /** For a missing value with no stand-in, under `onMissing: exclude`; a row counts at each such column. */
    readonly byMissing: readonly { readonly column: string; readonly count: number }[];
    readonly rows: number;
  };
  readonly train: PartReport;
  readonly test: PartReport;
  /** Rows that the split column puts into neither part. */
  readonly neither: number;
  readonly columns: readonly ColumnReport[];
  /** Of a study on images. */
  readonly images?: ImagesReport;
  readonly encodedColumns: readonly EncodedColumn[];
  readonly columnsHash: string;
  /** SHA-256 (hex) of what the study's columns say, whatever the encoding, the order of rows and of columns. */
  readonly fingerprint: string;
  readonly proposal?: SourceProposal;
}
