import type { Cells, Floor } from './cell-floor.js';
import type { Figure, Values } from './figure.js';

/** A total of a group by name, before anything is held back; 0 for a name that was not counted. */
export type Read = (name: string) => bigint;

/** Numbers of one group that are shown together, and the cells that decide whether they are. */
export interface Family {
  /** Disjoint patients: each is large enough, or the whole family is held back. */
  readonly cells: Cells;
  /** Families (by place) that must be shown as well: what they hold back would follow from this one. */
  readonly after: readonly number[];
  readonly signed: Signed;
}

/** Numbers that are signed, or null where they are held back. */
export type Signed = Readonly<Record<string, bigint | null>>;

/** One group, all of them, and how small a cell may be. */
export interface Counted {
  readonly read: Read;
  readonly group: 'overall' | 'level';
  /** Of all patients: what is held back of them is held back of each level. */
  readonly all: Read;
  readonly floor: Floor;
}

/** What is counted, signed and read of an outcome of one type, without noise. */
export interface OutcomeMetrics {
  /** Names of the whole numbers about all evaluation patients that ride in a sum, besides GROUP_COUNTS. */
  readonly overall: readonly string[];
  /** The same for each level of a subgroup. */
  readonly level: readonly string[];
  /** Of one group; all groups have the same families. */
  readonly families: (counted: Counted) => readonly Family[];
  /** Finer numbers about all patients. @param shown - whether a family (by place) is */
  readonly details: (all: Read, floor: Floor, shown: (family: number) => boolean) => Signed;
  /** @param noise - deviation of the noise in one cell, in patients; 0 without */
  readonly figures: (values: Values, group: 'overall' | 'level', noise: number) => readonly Figure[];
}

/** Place of the family that every type begins with: how many patients there are. */
export const SUPPORT = 0;
