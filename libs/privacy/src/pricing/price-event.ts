import type { PrivacyEvent } from '../events/privacy-event.js';
import { pldEpsilon } from '../pld/pld-epsilon.js';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';

/** An epsilon that is finite and above 0, or the word that says that there is none. */
export type ShownEpsilon = number | 'unbounded';

/** What one event costs, by both accountants; both are upper bounds. */
export interface Price {
  /** By Rényi divergences; what studies are approved by. */
  readonly rdp: ShownEpsilon;
  /** By privacy-loss distributions; tighter, reported beside. */
  readonly pld: ShownEpsilon;
}

/** @param delta - 1e-15 to 1, exclusive */
export function priceEvent(event: PrivacyEvent, delta: number): Price {
  return { rdp: shownEpsilon(rdpEpsilon(event, delta)), pld: shownEpsilon(pldEpsilon(event, delta)) };
}

/** For JSON, which has no Infinity, and for people, whom NaN would not warn. */
export function shownEpsilon(epsilon: number): ShownEpsilon {
  return Number.isFinite(epsilon) ? epsilon : 'unbounded';
}
