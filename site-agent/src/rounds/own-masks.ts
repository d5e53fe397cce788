import { siteMasks, type SiteMasks } from '@consilium/sealed-sum';
import type { AttemptPlace } from './attempts.js';
import type { HeldSeat } from './seat-material.js';
import { findSeat } from './seats/seat-secrets.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/**
 * The masks of this site in an attempt (PROTOCOL.md section 4, step 3): its own, and one with each neighbour,
 * whose signs follow the order of the study. Each X25519 key stands for this attempt alone.
 * @param transcript - T
 * @throws SiteRefused SEAT_USED where the seat's secrets are deleted
 */
export function ownMasks(
  at: StudyAtSite,
  { keyEpoch, block, seat }: AttemptPlace,
  neighbours: readonly HeldSeat[],
  transcript: Uint8Array,
): SiteMasks {
  const secrets = findSeat(at.state, { study: at.hash, keyEpoch, block, seat });
  if (!secrets) throw siteRefused('SEAT_USED');
  const indexOf = (site: string) => at.study.sites.names.findIndex((name) => name === site);
  const own = { index: indexOf(at.name), privateKey: secrets.roundKey, selfSecret: secrets.selfSecret };
  const peers = neighbours.map(({ site, roundKey }) => ({ index: indexOf(site), publicKey: roundKey }));
  return siteMasks(own, peers, transcript);
}
