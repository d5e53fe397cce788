/** Pairs of patients of which it is known who had the event first. */
export interface Concordance {
  readonly comparable: number;
  /** 2 for each of these pairs in which the model gave the earlier one the higher score, 1 where both have the same. */
  readonly halves: number;
}

/**
 * Harrell's pairs (Harrell et al. 1982): the earlier of two times must be an event; of equal times one an event and the
 * other censored, which counts as later. In O(n log n) by a Fenwick tree over ranks of scores.
 * @param times - negative where the event was not seen; never 0
 * @param scores - the higher, the sooner the event is expected
 */
export function concordance(times: Float64Array, scores: Float64Array): Concordance {
  const ranks = new Map([...new Set(scores)].sort((one, other) => one - other).map((score, rank) => [score, rank + 1]));
  const tree = new Float64Array(ranks.size + 1);
  const add = (rank: number): void => {
    for (let place = rank; place < tree.length; place += place & -place) tree[place] = (tree[place] ?? 0) + 1;
  };
  const upTo = (rank: number): number => {
    let sum = 0;
    for (let place = rank; place > 0; place -= place & -place) sum += tree[place] ?? 0;
    return sum;
  };
  const rankOf = (patient: number): number => ranks.get(scores[patient] ?? 0) ?? 0;
  // From the latest time on; at one time the censored come first, so that they are later than its events, and events join after all of them were looked at.
  const order = Array.from(times.keys()).sort(
    (one, other) => Math.abs(times[other] ?? 0) - Math.abs(times[one] ?? 0) || (times[one] ?? 0) - (times[other] ?? 0),
  );
  let later = 0;
  let comparable = 0;
  let halves = 0;
  const waiting: number[] = [];
  for (const [index, patient] of order.entries()) {
    const time = times[patient] ?? 0;
    if (time < 0) {
      add(rankOf(patient));
      later += 1;
      continue;
    }
    const rank = rankOf(patient);
    const below = upTo(rank - 1);
    comparable += later;
    halves += 2 * below + (upTo(rank) - below);
    waiting.push(patient);
    if (times[order[index + 1] ?? -1] === time) continue;
    for (const event of waiting.splice(0)) {
      add(rankOf(event));
      later += 1;
    }
  }
  return { comparable, halves };
}
