import { ifAllOthersCollude } from '../events/if-all-others-collude.js';
import type { PrivacyEvent } from '../events/privacy-event.js';
import { priceEvent, type Price } from '../pricing/price-event.js';
import { odds, type Odds } from './odds.js';

/** What is shown of a study before an approval. */
export interface Forecast {
  readonly delta: number;
  /** While at most c sites collude: the promise. By RDP it is the study's epsilon. */
  readonly promise: Price;
  readonly promiseInOdds: Odds;
  /** If all other sites collude: only one site's own share of the noise is left. */
  readonly ifAllOthersCollude: Price;
  readonly ifAllOthersColludeInOdds: Odds;
}

/** @param event - the planned event, fixed before the study starts */
export function forecast(event: PrivacyEvent, delta: number): Forecast {
  const promise = priceEvent(event, delta);
  const alone = priceEvent(ifAllOthersCollude(event), delta);
  return {
    delta,
    promise,
    promiseInOdds: oddsOf(promise),
    ifAllOthersCollude: alone,
    ifAllOthersColludeInOdds: oddsOf(alone),
  };
}

function oddsOf({ rdp }: Price): Odds {
  return odds(rdp === 'unbounded' ? Number.POSITIVE_INFINITY : rdp);
}
