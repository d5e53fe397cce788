import type { TensorShape } from '@consilium/protocol';

/** What the server optimiser remembers; one value per weight. */
export type OptimiserState =
  | { readonly name: 'fedavg' | 'fedprox' | 'dp-sgd' }
  | {
      readonly name: 'scaffold';
      /** c of Karimireddy et al. 2020: the mean of the sites' controls, in units of a slope. */
      readonly control: Float64Array;
    }
  | {
      readonly name: 'fedadam' | 'fedyogi' | 'fedadagrad';
      /** First moment, m of Reddi et al. 2021. */
      readonly momentum: Float64Array;
      /** Second moment, v of Reddi et al. 2021; never below 0. */
      readonly variance: Float64Array;
    };

/** What all sites of a study agree on after each round. Values, not references: nobody changes a state in place. */
export interface ModelState {
  readonly tensors: readonly TensorShape[];
  /** All tensors one after the other, each in row-major order. */
  readonly weights: Float64Array;
  readonly optimiser: OptimiserState;
}
