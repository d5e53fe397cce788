import type { Price } from '@consilium/privacy';
import type { Budget } from '../study/budgets.js';
import type { Promises } from '../study/promises.js';

/** What the demo found, ready to be shown. Accuracies are shares in [0, 1] on the benchmark's test split. */
export interface DemoResult {
  readonly synthetic: boolean;
  readonly sites: readonly {
    readonly name: string;
    readonly accuracy: number;
    readonly accuracyAlone: number;
    readonly accuracyPooled: number;
  }[];
  readonly meanAccuracy: number;
  readonly pooledAccuracy: number;
  readonly rounds: number;
  readonly sumsExact: boolean;
  readonly sumsCompared: number;
  readonly uploadBytesPerParameter: number;
  readonly mode: string;
  /** Absent in mode `none`. */
  readonly privacy: FoundPrivacy | undefined;
  readonly promises: Promises;
  readonly seconds: number;
}

/** What the study cost its patients, and what the same epsilon gives elsewhere. */
export interface FoundPrivacy {
  readonly delta: number;
  /** While at most c sites collude. */
  readonly promise: Price;
  readonly ifAllOthersCollude: Price;
  readonly budgets: readonly Budget[];
  readonly ledgersVerified: boolean;
  /** Mean over the hospitals: DP-SGD on all rows in one place. */
  readonly accuracyPooled: number;
  /** The same with all of the noise added at each hospital. */
  readonly accuracyLocal: number;
}
