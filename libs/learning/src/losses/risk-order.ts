/** Rows by time, the latest first: whoever stands at or before the last of a time is at risk at that time. */
export interface RiskOrder {
  /** Row at each place. */
  readonly rowAt: Int32Array;
  /** Place of each row. */
  readonly placeOf: Int32Array;
  /** For each place the first and the last place of the same time. */
  readonly first: Int32Array;
  readonly last: Int32Array;
}

/** @param y - signed times: negative where the event was not seen. Rows of one time stay in their order. */
export function riskOrder(y: Float32Array): RiskOrder {
  const rowAt = Int32Array.from(y.keys()).sort((a, b) => Math.abs(y[b] ?? 0) - Math.abs(y[a] ?? 0) || a - b);
  const time = (place: number) => Math.abs(y[rowAt[place] ?? 0] ?? 0);
  const count = y.length;
  const placeOf = new Int32Array(count);
  const first = new Int32Array(count);
  const last = new Int32Array(count);
  for (let place = 0; place < count; place += 1) {
    placeOf[rowAt[place] ?? 0] = place;
    first[place] = place > 0 && time(place - 1) === time(place) ? (first[place - 1] ?? 0) : place;
  }
  for (let place = count - 1; place >= 0; place -= 1)
    last[place] = place < count - 1 && time(place + 1) === time(place) ? (last[place + 1] ?? 0) : place;
  return { rowAt, placeOf, first, last };
}
