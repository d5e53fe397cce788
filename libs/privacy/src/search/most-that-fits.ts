/** The largest whole number from 1 to `most` that fits, where smaller ones fit too; 0 where not even 1 does. */
export function mostThatFits(most: number, fits: (candidate: number) => boolean): number {
  let [good, bad] = [0, most + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
