import type { ImageInput } from '@consilium/protocol';
import type { Reading } from '../cell-reader.js';
import { counted, type CohortProblem } from '../cohort-problem.js';
import type { CohortSource } from '../cohort-source.js';
import type { Part } from '../split.js';
import { IMAGE_REASONS, type ImageReason } from './image-refused.js';

/** What the images of a cohort are; counts only. */
export interface ImagesReport {
  /** Rows that name an image. */
  readonly listed: number;
  readonly usable: number;
  /** Of the others, why; those whose file is missing among them. */
  readonly unusable: readonly { readonly reason: ImageReason; readonly text: string; readonly count: number }[];
  /** Files that no row names. */
  readonly notListed: number;
  /** Usable images that had low meaning bright, and were inverted. */
  readonly inverted: number;
  /** Usable images whose pixels are those of an earlier one. */
  readonly repeated: number;
  /** Of the rows that the study uses. */
  readonly inSplit: { readonly listed: number; readonly unusable: number };
  /** Largest share of unusable images among them that is taken. */
  readonly limit: number;
}

const DEFAULT_LIMIT = 0.05;

/** The stricter of what study and site declare; 5 % where neither does. */
export function unusableLimit(input: ImageInput, source: CohortSource): number {
  const site = source.type === 'csv' ? undefined : source.maxUnusable;
  if (input.maxUnusable === undefined && site === undefined) return DEFAULT_LIMIT;
  return Math.min(input.maxUnusable ?? 1, site ?? 1);
}

/** Counts a cohort's images row by row. */
export class ImageTally {
  readonly #limit: number;
  readonly #reasons = new Map<ImageReason, number>();
  readonly #digests = new Set<string>();
  #usable = 0;
  #inverted = 0;
  #inSplit = 0;
  #unusableInSplit = 0;

  constructor(input: ImageInput, source: CohortSource) {
    this.#limit = unusableLimit(input, source);
  }

  add(reading: Reading, part: Part | undefined): void {
    if (reading.kind !== 'image' && reading.kind !== 'unusable') return;
    if (part) this.#inSplit += 1;
    if (reading.kind === 'image') {
      this.#usable += 1;
      if (reading.inverted) this.#inverted += 1;
      this.#digests.add(reading.digest);
      return;
    }
    if (part) this.#unusableInSplit += 1;
    this.#reasons.set(reading.reason, (this.#reasons.get(reading.reason) ?? 0) + 1);
  }

  get(notListed: number): ImagesReport {
    const unusable = [...this.#reasons]
      .map(([reason, count]) => ({ reason, text: IMAGE_REASONS[reason], count }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
    return {
      listed: this.#usable + unusable.reduce((sum, { count }) => sum + count, 0),
      usable: this.#usable,
      unusable,
      notListed,
      inverted: this.#inverted,
      repeated: this.#usable - this.#digests.size,
      inSplit: { listed: this.#inSplit, unusable: this.#unusableInSplit },
      limit: this.#limit,
    };
  }
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** Too many images that cannot be used: the cohort would be another one than its list says (field case ING-7). */
export function imageProblems(column: string, report: ImagesReport): readonly CohortProblem[] {
  const { listed, unusable } = report.inSplit;
  if (unusable === 0 || unusable <= listed * report.limit) return [];
  return [
    {
      code: 'COHORT_SCHEMA',
      column,
      expected: 'usable-images',
      count: unusable,
      sentence: `${unusable} of ${counted(listed, 'image')} in the split cannot be used (${percent(unusable / listed)}; at most ${percent(report.limit)} may be).`,
      fix: 'See which: consilium-site cohort check NAME --files. Bring the files back, take their rows out, or agree on another maxUnusable in study and site.yaml.',
    },
  ];
}
