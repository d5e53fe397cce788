import { pldEpsilon } from '../pld/pld-epsilon.js';
import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import type { PrivacyEvent } from '../events/privacy-event.js';

/** Studies are approved by RDP; PLD is for those who plan one study alone (PROTOCOL.md section 7). */
export type Accountant = 'rdp' | 'pld';

/** A number that reaches a target, with the epsilon that it really has, or why there is none. */
export type Plan =
  { readonly reached: true; readonly value: number; readonly epsilon: number } | { readonly reached: false; readonly reason: string };

/** What is asked for. */
export interface Target {
  readonly epsilon: number;
  readonly delta: number;
  readonly accountant: Accountant;
}

/** The price by the accountant that will be used, whatever the event. */
export function priceBy({ accountant, delta }: Pick<Target, 'accountant' | 'delta'>, event: PrivacyEvent): number {
  return accountant === 'rdp' ? rdpEpsilon(event, delta) : pldEpsilon(event, delta);
}
