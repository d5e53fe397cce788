/** Of one candidate: `refused` where it is not possible at all. */
export type Verdict = 'enough' | 'too-little' | 'refused';

/**
 * The least candidate that is enough, where larger ones are enough too. What is possible is one stretch of candidates:
 * one that is refused below `start` is too small, one above it too large.
 * @param count - candidates are the whole numbers from 0 below it
 * @param start - a candidate that is not refused
 * @returns `below`: the largest candidate that was found to be too little, or refused
 */
export function leastEnough(
  count: number,
  start: number,
  judge: (candidate: number) => Verdict,
): { readonly least: number | undefined; readonly below: number } {
  const startIsEnough = judge(start) === 'enough';
  let [below, above] = startIsEnough ? [-1, start] : [start, count];
  let least = startIsEnough ? start : undefined;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    const verdict = judge(middle);
    if (verdict === 'enough') [above, least] = [middle, middle];
    else if (verdict === 'refused' && !startIsEnough) above = middle;
    else below = middle;
  }
  return { least, below };
}
