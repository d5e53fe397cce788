import {
  canonicalJson,
  ConsiliumError,
  graphSeed,
  membersDigest,
  seatsDigest,
  seedCommitment,
  sha256Hex,
  type ResolvedStudy,
  type SiteName,
  type StudyHash,
} from '@consilium/protocol';
import type { SeatAdvert, ShareRoot } from '@consilium/protocol/wire';
import { parametersHash } from '@consilium/sealed-sum/parameters';
import { needsSeed, shareGraph, type ShareGraph } from '@consilium/sealed-sum';
import { siteRefused } from '../site-refused.js';
import { namedReserve } from './named-reserve.js';
import type { VerifyStatement } from '../study-members.js';
import { LARGEST_BLOCK } from './seat-secrets.js';

const BYTES = 32;

/** What the adverts and roots of a block are checked against. */
export interface BlockRules {
  readonly consortium: string;
  readonly study: StudyHash;
  readonly resolved: ResolvedStudy;
  readonly keyEpoch: number;
  readonly block: number;
}

const refused = (message: string) =>
  new ConsiliumError({
    code: 'SEATS_REFUSED',
    errorClass: 'verification',
    message,
    fix: "Nothing is shared; ask the coordinator's admin how the block of seats came about.",
  });

/** What an advert says of the parameter objects of both kinds of round: SHA-256 (hex) over their hashes. */
export function sumsHash({ derived: { sums } }: ResolvedStudy): string {
  return sha256Hex(canonicalJson({ evaluate: parametersHash(sums.evaluate), train: parametersHash(sums.train) }));
}

/** @throws ConsiliumError SEATS_REFUSED for a number of seats that no block has */
export function checkSeatCount(seats: number): void {
  if (!Number.isInteger(seats) || seats < 1 || seats > LARGEST_BLOCK)
    throw refused(`A block has 1 to ${LARGEST_BLOCK} seats; ${seats} were asked for.`);
}

/** @throws ConsiliumError SEATS_REFUSED for a round that the study does not have */
export function checkFirstRound({ algorithm: { rounds } }: ResolvedStudy, round: number): void {
  if (round < 1 || round > rounds + 1) throw refused(`Seats for round ${round} were asked for; the study has ${rounds + 1}.`);
}

/**
 * U1 of a block, signed by its members (PROTOCOL.md section 4, steps 1 and 2).
 * @returns its sites, in the order of the study
 * @throws ConsiliumError SEATS_REFUSED; SiteRefused SHARE_INVALID naming a site whose advert is not signed by it or not whole,
 *   RESERVE_EVIDENCE one that names no evidence of its reserve where the mode needs it
 */
export function checkAdverts(
  adverts: readonly SeatAdvert[],
  seats: number,
  rules: BlockRules,
  verify: VerifyStatement,
): readonly SiteName[] {
  checkSeatCount(seats);
  const sites = inStudyOrder(adverts, rules.resolved);
  const { m } = rules.resolved.derived.thresholds;
  if (sites.length < m) throw refused(`${sites.length} sites advertised seats; the study never goes below ${m}.`);
  const parameters = sumsHash(rules.resolved);
  for (const [index, from] of sites.entries()) {
    const reserve = namedReserve(rules.resolved, from, adverts[index]);
    const { roundKeys = [], commitments = [], parameters: said, signature = Buffer.alloc(0), seedCommitment: seed } = adverts[index] ?? {};
    const lists = [roundKeys, commitments].every((list) => list.length === seats && list.every(({ length }) => length === BYTES));
    const whole = lists && seed?.length === BYTES;
    const statement = {
      ...contextOf(rules),
      site: from,
      seats: seatsDigest({ roundKeys, commitments }),
      parameters,
      seed: seed?.toString('hex') ?? '',
      reserve,
    };
    if (!whole || said !== parameters || !verify('advert', from, statement, signature)) throw siteRefused('SHARE_INVALID', { from });
  }
  return sites;
}

/** The mask graph of a block: who holds whose shares, and masks with whom. */
export interface BlockGraph {
  readonly graph: ShareGraph;
  /** Nothing where the graph is complete. */
  readonly seed: Buffer | undefined;
}

/**
 * Derived by everybody from the adverts of U1 and the parts of the seed that they commit to.
 * @param adverts - as {@link checkAdverts} has checked them
 * @throws SiteRefused SHARE_INVALID naming a site whose part is not the one that it committed to
 */
export function blockGraph(adverts: readonly SeatAdvert[], parts: readonly Buffer[], rules: BlockRules): BlockGraph {
  const members = inStudyOrder(adverts, rules.resolved);
  if (!needsSeed(rules.resolved, members)) return { graph: shareGraph(rules.resolved, members, Buffer.alloc(BYTES)), seed: undefined };
  const revealed = members.map((site, index) => {
    const [advert, part] = [adverts[index], parts[index]];
    if (!advert || part?.length !== BYTES || !seedCommitment(part).equals(advert.seedCommitment))
      throw siteRefused('SHARE_INVALID', { from: site });
    return { site, seats: seatsDigest(advert), part };
  });
  const seed = graphSeed(contextOf(rules), revealed);
  return { graph: shareGraph(rules.resolved, members, seed), seed };
}

/**
 * U2 of a block: members whose shares are all announced to be at the relay.
 * @param members - U1
 * @param seed - of its graph, where it has one
 * @throws as {@link checkAdverts}
 */
export function checkRoots(
  roots: readonly ShareRoot[],
  members: readonly SiteName[],
  seed: Buffer | undefined,
  rules: BlockRules,
  verify: VerifyStatement,
): readonly SiteName[] {
  const sites = inStudyOrder(roots, rules.resolved);
  const { m } = rules.resolved.derived.thresholds;
  if (sites.length < m) throw refused(`${sites.length} sites shared their seats; the study never goes below ${m}.`);
  for (const [index, from] of sites.entries()) {
    const { root = Buffer.alloc(0), signature = Buffer.alloc(0) } = roots[index] ?? {};
    const whole = members.includes(from) && root.length === BYTES;
    const statement = { ...contextOf(rules), site: from, root: root.toString('hex'), members: membersDigest(members, seed) };
    if (!whole || !verify('shares', from, statement, signature)) throw siteRefused('SHARE_INVALID', { from });
  }
  return sites;
}

function contextOf({ consortium, study, keyEpoch, block }: BlockRules) {
  return { consortium, study, keyEpoch, block };
}

function inStudyOrder(list: readonly { readonly site: string }[], { sites: { names } }: ResolvedStudy): readonly SiteName[] {
  const sites = names.filter((name) => list.some(({ site }) => site === name));
  if (sites.length !== list.length || sites.some((site, index) => list[index]?.site !== site))
    throw refused('The members of a block are not distinct sites of the study, in its order.');
  return sites;
}
