/** What staff may see of one image at the site, and nobody elsewhere: its file's name and what is wrong with it. */
export interface ImageFinding {
  /** A path, or the table's word for a file that is absent. */
  readonly name: string;
  /** One of `IMAGE_REASONS`, or `not-listed` for a file that no row names. */
  readonly reason: string;
  /** The same in words, such as `16x16, study wants 8x8`. */
  readonly detail: string;
}

/** Where a cohort's images lie once they were opened; each has a number. */
export interface ImageShelf {
  /**
   * @param image - the number that its row's reading gives
   * @returns height × width × channels numbers as the model takes them, row-major, channels last
   * @throws CohortRefused DATA_UNREADABLE where it is no longer the image that was opened
   */
  readonly read: (image: number) => Promise<Float32Array>;
  /** Files that no row named; asked for once all rows were read. */
  readonly notListed: () => number;
}
