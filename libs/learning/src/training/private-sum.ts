import { PrivateSummer, type PrivateSum, type PrivateSums } from '../private-step/private-summer.js';

export interface PrivateStep extends PrivateSums {
  /** Where the gradients are taken; as many as the model has parameters. */
  readonly weights: Float64Array;
  /** Patients of this step, each by its number in `rows`; possibly none. */
  readonly sampled: Uint32Array;
  readonly signal?: AbortSignal | undefined;
}

/** The private sum of a single step, see {@link PrivateSummer.over}. @throws the signal's reason */
export function privateSum({ weights, sampled, signal, ...sums }: PrivateStep): Promise<PrivateSum> {
  return new PrivateSummer(sums).over(weights, sampled, signal);
}
