/** Epsilon as the chance of a guess, for people (UX.md section 2). */
export interface Odds {
  /** Of 100 guesses that start at 50:50, how many can be right at most, up to delta: 100·e^ε/(1 + e^ε). */
  readonly percent: number;
  /** As it is read: `73 %`, `99.8 %`, `over 99.9 %`. */
  readonly text: string;
  /** A whole sentence. */
  readonly sentence: string;
}

/** @param epsilon - above 0; Infinity is certainty */
export function odds(epsilon: number): Odds {
  const percent = 100 / (1 + Math.exp(-epsilon));
  const text = percent > 99.9 ? 'over 99.9 %' : percent >= 99 ? `${percent.toFixed(1)} %` : `${percent.toFixed(0)} %`;
  return {
    percent,
    text,
    sentence: `Someone who would guess 50:50 whether a patient is in the cohort can be right at most ${text} of the time.`,
  };
}
