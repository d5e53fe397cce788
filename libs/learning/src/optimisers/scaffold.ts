import { isRunningStatistic, parameterCount, type LocalAlgorithm } from '@consilium/protocol';
import type { ModelState } from '../state/model-state.js';

/** K·η of a study: what a mean slope moves a weight by in one round. */
const reach = ({ localSteps, learningRate }: LocalAlgorithm): number => localSteps * learningRate;

/** c of a whole or agreed state, one value for each shared weight; undefined in all but SCAFFOLD. */
export const serverControl = ({ optimiser }: ModelState): Float64Array | undefined =>
  'control' in optimiser ? optimiser.control : undefined;

/** c − cᵢ, which each local step adds to the slope: y ← y − η·(g − cᵢ + c) (Karimireddy et al. 2020, Algorithm 1, line 10). */
export const driftOf = (server: Float64Array, own: Float64Array): Float64Array => server.map((c, i) => c - (own[i] ?? 0));

/**
 * The site's new control by option II, cᵢ⁺ = cᵢ − c + (x − y)/(K·η), and its change as it travels: K·η·(cᵢ⁺ − cᵢ), of the
 * size of an update and clamped like one. What is kept is what was sent, so that c stays the mean of the sites' controls.
 * @param moved - y − x of the shared weights
 */
export function nextControl(
  { server, own, moved }: { readonly server: Float64Array; readonly own: Float64Array; readonly moved: Float64Array },
  tensors: ModelState['tensors'],
  algorithm: LocalAlgorithm,
): { readonly own: Float64Array; readonly change: Float64Array } {
  const { updateRange } = algorithm;
  const scale = reach(algorithm);
  const follows = followers(tensors);
  const change = moved.map((value, i) => (follows[i] ? 0 : clamped(-value - scale * (server[i] ?? 0), updateRange)));
  return { own: own.map((c, i) => c + (change[i] ?? 0) / scale), change };
}

/**
 * c ← c + |S|/N·mean of the changes (line 17), + − × ÷ in one order.
 * @param change - the weighted mean of what {@link nextControl} made travel
 * @param participation - |S|/N, contributors of the round by sites of the study
 */
export function applyControl(server: Float64Array, change: Float64Array, algorithm: LocalAlgorithm, participation: number): Float64Array {
  const scale = reach(algorithm);
  return server.map((c, i) => c + (participation * (change[i] ?? 0)) / scale);
}

const clamped = (value: number, range: number): number => (value > range ? range : value < -range ? -range : value);

/** Where running statistics lie: they follow the batches, have no slope and so no control. */
function followers(tensors: ModelState['tensors']): Uint8Array {
  const found = new Uint8Array(parameterCount(tensors));
  let at = 0;
  for (const tensor of tensors) {
    const end = at + parameterCount([tensor]);
    if (isRunningStatistic(tensor.name)) found.fill(1, at, end);
    at = end;
  }
  return found;
}
