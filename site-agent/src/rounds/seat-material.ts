import { ConsiliumError, type SiteName } from '@consilium/protocol';
import type { SeatMaterial } from '@consilium/protocol/wire';
import { heldBlock } from './seats/held-block.js';
import type { AttemptPlace } from './attempts.js';
import type { StudyAtSite } from './study-at-site.js';

/** What an attempt rests on, of one participant. */
export interface ParticipantSeat {
  readonly site: SiteName;
  /** `seatsDigest` and `sharesDigest` of its block, hex: parts of T. */
  readonly seats: string;
  readonly shares: string;
  /** SHA-256("b" ‖ b), 32 bytes. */
  readonly commitment: Uint8Array;
}

/** At a site that holds the block, with what it needs of each peer for masks and shares. */
export interface HeldSeat extends ParticipantSeat {
  /** X25519 public key, 32 bytes. */
  readonly roundKey: Uint8Array;
  /** Its place among those who sent shares. */
  readonly sender: number;
}

const refused = (message: string) =>
  new ConsiliumError({
    code: 'ANNOUNCEMENT_REFUSED',
    errorClass: 'verification',
    message,
    fix: "Nothing is sent; ask the coordinator's admin how this attempt came about.",
  });

/**
 * The participants of an attempt as this site's own block has them: signed, checked and kept before the attempt.
 * @throws ConsiliumError ANNOUNCEMENT_REFUSED where the block, the seat or one of them is not known here
 */
export function heldSeats(at: StudyAtSite, { keyEpoch, block, seat }: AttemptPlace, participants: readonly string[]): readonly HeldSeat[] {
  const held = heldBlock(at.state, { study: at.hash, keyEpoch, block });
  if (!held) throw refused(`This site holds no shares of block ${block}.`);
  return inOrder(at, participants).map((site) => {
    const member = held.get(site);
    const roundKey = member?.advert.roundKeys[seat];
    const commitment = member?.advert.commitments[seat];
    if (!member || !roundKey || !commitment) throw refused(`Site ${site} has no seat ${seat} in block ${block}.`);
    const { seats, shares, sender } = member;
    return { site, seats, shares, commitment, roundKey, sender };
  });
}

/**
 * The same for a sum that may be of a time when this site was away. The coordinator's word is enough then: where it lies,
 * the sum does not open.
 */
export function seatsOfSum(
  at: StudyAtSite,
  place: AttemptPlace,
  participants: readonly string[],
  told: readonly SeatMaterial[],
): readonly ParticipantSeat[] {
  const { keyEpoch, block } = place;
  if (heldBlock(at.state, { study: at.hash, keyEpoch, block })) return heldSeats(at, place, participants);
  return inOrder(at, participants).map((site) => {
    const seat = told.find((candidate) => candidate.site === site);
    if (!seat) throw refused(`Nothing is said of the seat of ${site}.`);
    const { seatsSha256, sharesSha256, commitment } = seat;
    return { site, seats: seatsSha256.toString('hex'), shares: sharesSha256.toString('hex'), commitment };
  });
}

function inOrder({ study }: StudyAtSite, participants: readonly string[]): readonly SiteName[] {
  const sites = study.sites.names.filter((name) => participants.includes(name));
  if (sites.length !== participants.length || sites.some((site, index) => participants[index] !== site))
    throw refused('The participants are not distinct sites of the study, in its order.');
  return sites;
}
