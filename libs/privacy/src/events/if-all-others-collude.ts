import type { PrivacyEvent } from './privacy-event.js';

/**
 * The same event as it looks to all other sites together: of the noise only the own share remains, one site's V.
 * Its epsilon is the second number that is shown before an approval (PROTOCOL.md section 6).
 */
export function ifAllOthersCollude(event: PrivacyEvent): PrivacyEvent {
  switch (event.kind) {
    case 'composition':
      return { ...event, events: event.events.map(ifAllOthersCollude) };
    case 'integerGaussian':
    case 'histograms':
      return { ...event, m: 1, c: 0 };
    case 'gaussian':
    case 'sampledGaussian':
      return event;
  }
}
