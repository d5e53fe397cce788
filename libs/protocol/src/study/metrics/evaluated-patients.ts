/** One number for each patient of a group of rows, records averaged: what a model says, and what was true. */
export interface EvaluatedPatients {
  readonly count: number;
  /**
   * Binary: 1 with the outcome, 0 without. Class, ordinal: place of the level. Number, count: the value, in its own unit.
   * Survival: the time, negative where the event was not seen.
   */
  readonly truth: Float64Array;
  /**
   * Binary: logit. Class, ordinal: place of the level that the model calls. Number, count: the value, in its own unit.
   * Survival: a score that is the higher, the sooner the event is expected.
   */
  readonly predicted: Float64Array;
  /** Discrete-time survival: probability of the event by the horizon, which is {@link horizonOf}. Empty otherwise. */
  readonly byHorizon: Float64Array;
  /** Loss in nats (number: squared error of the scaled outcome), not below 0. */
  readonly loss: Float64Array;
  /** For each subgroup the place of the patient's level. */
  readonly levels: readonly Uint8Array[];
}

/** The time that a discrete-time model is judged at: the end of its middle interval. */
export function horizonOf(intervals: readonly number[]): number {
  return intervals[horizonPlace(intervals)] ?? 0;
}

/** Place of the interval that ends at the horizon. */
export const horizonPlace = (intervals: readonly number[]): number => Math.floor((intervals.length - 1) / 2);

/** Logistic function; exact at both ends. */
export const probabilityOf = (logit: number): number => 1 / (1 + Math.exp(-logit));
