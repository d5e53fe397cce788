/** One site's update and its weight: the number of its training patients. */
export interface WeightedUpdate {
  readonly update: Float64Array;
  readonly weight: number;
}

/**
 * Σ wᵢ·clamp(xᵢ, ±range) / Σ wᵢ, summed in the given order: what the sealed sum of mode `none` yields, but for the
 * rounding to levels (PROTOCOL.md section 5). For simulations, where the updates may be seen.
 *
 * @param updates - at least one, all of the same length, weights above 0
 * @param range - `algorithm.updateRange`
 */
export function weightedMean(updates: readonly WeightedUpdate[], range: number): Float64Array {
  const mean = new Float64Array(updates[0]?.update.length ?? 0);
  let total = 0;
  for (const { update, weight } of updates) {
    total += weight;
    for (let i = 0; i < mean.length; i += 1) {
      const value = update[i] ?? 0;
      const clamped = value > range ? range : value < -range ? -range : value;
      mean[i] = (mean[i] ?? 0) + weight * clamped;
    }
  }
  for (let i = 0; i < mean.length; i += 1) mean[i] = (mean[i] ?? 0) / total;
  return mean;
}
