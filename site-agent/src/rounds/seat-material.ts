import { ConsiliumError, type SiteName } from '@consilium/protocol';
import { shareGraph, type ShareGraph } from '@consilium/sealed-sum';
import type { Apply } from '@consilium/protocol/wire';
import { heldBlock } from './seats/held-block.js';
import type { AttemptPlace } from './attempts.js';
import type { StudyAtSite } from './study-at-site.js';

/** What an attempt rests on, of one participant. */
export interface ParticipantSeat {
  readonly site: SiteName;
  /** `seatsDigest` and the root of the shares of its block, hex: parts of T. */
  readonly seats: string;
  readonly shares: string;
  /** SHA-256("b" ‖ b), 32 bytes. */
  readonly commitment: Uint8Array;
}

/** At a site that holds the block, with what it needs of each peer for masks and shares. */
export interface HeldSeat extends ParticipantSeat {
  /** X25519 public key, 32 bytes. */
  readonly roundKey: Uint8Array;
}

/** The participants of an attempt, in the order of the study, and how their secrets are shared. */
export interface AttemptSeats<Seat extends ParticipantSeat = ParticipantSeat> {
  readonly participants: readonly Seat[];
  readonly graph: ShareGraph;
  /** Seats of the block. */
  readonly seats: number;
  /** Whether all this was signed and checked here, or is what the coordinator says of a time when this site was away. */
  readonly checked: boolean;
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
export function heldSeats(
  at: StudyAtSite,
  { keyEpoch, block, seat }: AttemptPlace,
  participants: readonly string[],
): AttemptSeats<HeldSeat> {
  const held = heldBlock(at, { study: at.hash, keyEpoch, block });
  if (!held) throw refused(`This site holds no shares of block ${block}.`);
  const found = inOrder(at, participants).map((site): HeldSeat => {
    const member = held.members.get(site);
    const roundKey = member?.advert.roundKeys[seat];
    const commitment = member?.advert.commitments[seat];
    if (!member || !roundKey || !commitment) throw refused(`Site ${site} has no seat ${seat} in block ${block}.`);
    return { site, seats: member.seats, shares: member.shares, commitment, roundKey };
  });
  return { participants: found, graph: held.graph, seats: held.seats, checked: true };
}

/**
 * The same for a sum that may be of a time when this site was away. The coordinator's word is enough then: where it lies,
 * the sum does not open.
 */
export function seatsOfSum(
  at: StudyAtSite,
  place: AttemptPlace,
  participants: readonly string[],
  told: Pick<Apply, 'seats' | 'members' | 'blockSeats' | 'graphSeed'>,
): AttemptSeats {
  const { keyEpoch, block } = place;
  if (heldBlock(at, { study: at.hash, keyEpoch, block })) return heldSeats(at, place, participants);
  const found = inOrder(at, participants).map((site): ParticipantSeat => {
    const seat = told.seats.find((candidate) => candidate.site === site);
    if (!seat) throw refused(`Nothing is said of the seat of ${site}.`);
    const { seatsSha256, sharesSha256, commitment } = seat;
    return { site, seats: seatsSha256.toString('hex'), shares: sharesSha256.toString('hex'), commitment };
  });
  return {
    participants: found,
    graph: shareGraph(at.study, inOrder(at, told.members), told.graphSeed),
    seats: told.blockSeats,
    checked: false,
  };
}

function inOrder({ study }: StudyAtSite, participants: readonly string[]): readonly SiteName[] {
  const sites = study.sites.names.filter((name) => participants.includes(name));
  if (sites.length !== participants.length || sites.some((site, index) => participants[index] !== site))
    throw refused('The participants are not distinct sites of the study, in its order.');
  return sites;
}
