import { ifAllOthersCollude } from '../events/if-all-others-collude.js';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { priceEvent, type Price, type ShownEpsilon } from '../pricing/price-event.js';
import { plannedEvents, type NoisyStudy } from './planned-events.js';

/** What a study costs one patient, before it runs: two numbers, because noise of the others protects only while they are honest. */
export interface StudyPrice {
  readonly delta: number;
  /** The promise: at most `tolerateColluders` sites collude. */
  readonly promise: Price;
  /** If all other sites collude, only this site's own share of the noise is left. */
  readonly ifAllOthersCollude: Price;
}

/**
 * @returns the larger of training and evaluation, whose patients are different people; undefined in mode `none`
 */
export function studyPrice(study: NoisyStudy): StudyPrice | undefined {
  if (study.privacy.mode === 'none') return undefined;
  const { delta } = study.privacy;
  const events = Object.values(plannedEvents(study)) as PrivacyEvent[];
  const largest = (of: (event: PrivacyEvent) => PrivacyEvent): Price => {
    const prices = events.map((event) => priceEvent(of(event), delta));
    const most = (values: readonly ShownEpsilon[]): ShownEpsilon =>
      values.reduce<ShownEpsilon>((a, b) => (a === 'unbounded' || b === 'unbounded' ? 'unbounded' : Math.max(a, b)), 0);
    return { rdp: most(prices.map(({ rdp }) => rdp)), pld: most(prices.map(({ pld }) => pld)) };
  };
  return { delta, promise: largest((event) => event), ifAllOthersCollude: largest(ifAllOthersCollude) };
}
