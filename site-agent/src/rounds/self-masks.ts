import { createHash } from 'node:crypto';
import { ConsiliumError, unmaskDigest, type SiteName } from '@consilium/protocol';
import type { UnmaskMessage } from '@consilium/protocol/wire';
import {
  combineShares,
  commitment,
  rebuildSelfSecret,
  selfKey,
  type DealtSecret,
  type RebuiltSecret,
  type ReleasedShare,
} from '@consilium/sealed-sum';
import { contextOf, type ClosedList } from './closed-list.js';
import type { ParticipantSeat } from './seat-material.js';
import { placesOf, SHARES_OF_SEAT } from './seats/bundles.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';
import { hear, STEPS } from './witnesses/heard.js';
import { openShares } from './unmask-message.js';

export interface SelfMasks {
  /** `selfKey` of every contributor. */
  readonly keys: readonly Buffer[];
  /** Holders who released something that their dealers did not deal to them; it was left out. */
  readonly faulty: readonly SiteName[];
}

/** A share of a contributor's b, with the dealer that it names. */
interface OpenedShare extends ReleasedShare {
  readonly dealer: string;
}

/**
 * The keys of the contributors' self-masks (PROTOCOL.md section 4, step 8): opens what the holders released,
 * rebuilds each b from a threshold of shares and checks it against its commitment. Where that fails, the proofs say which
 * shares are not under their dealer's root, and these are left out.
 * @throws SiteRefused PROOFS_NEEDED where they were not handed on; SHARE_INVALID naming a holder where too few good shares are left; ConsiliumError DEALT_INVALID
 * naming a contributor who dealt shares of another b; UNMASK_REFUSED where the coordinator handed on too few
 */
export async function selfMasks(at: StudyAtSite, list: ClosedList, messages: readonly UnmaskMessage[]): Promise<SelfMasks> {
  const { t } = at.study.derived.thresholds;
  if (messages.length < t) throw tooFew(`${messages.length} of the ${t} sites needed have released shares for this sum.`);
  const { shares, faulty, withProofs } = openMessages(at, list, messages);
  const keys: Buffer[] = [];
  const proven = async (dealt: DealtSecret, released: readonly OpenedShare[], committed: Uint8Array) => {
    if (!withProofs && released.length >= dealt.threshold) throw siteRefused('PROOFS_NEEDED');
    return rebuildSelfSecret(dealt, released, committed).catch((error: unknown) => {
      throw named(error, faulty, list.sharing.checked);
    });
  };
  for (const contributor of list.contributors) {
    const dealt = dealtSecret(list, contributor);
    const released = shares.filter(({ dealer }) => dealer === contributor.site);
    const rebuilt = (await asTheyAre(dealt, released, contributor.commitment)) ?? (await proven(dealt, released, contributor.commitment));
    for (const holder of rebuilt.faulty) faulty.add(holder);
    keys.push(selfKey(rebuilt.secret, list.transcript));
  }
  return { keys, faulty: at.study.sites.names.filter((name) => faulty.has(name)) };
}

/** The common case: the first shares are right, and their commitment says so without a proof. */
async function asTheyAre(
  { threshold, place }: DealtSecret,
  released: readonly OpenedShare[],
  committed: Uint8Array,
): Promise<RebuiltSecret | undefined> {
  const own = new Map(released.filter((one) => one.place.holder >= 0 && one.place.share === place).map((one) => [one.holder, one.share]));
  const secret = own.size < threshold ? undefined : await combineShares([...own.values()].slice(0, threshold));
  return secret && commitment(secret).equals(committed) ? { secret, faulty: [] } : undefined;
}

function dealtSecret({ place, sharing: { graph, seats } }: ClosedList, { site, shares }: ParticipantSeat): DealtSecret {
  return {
    dealer: site,
    place: placesOf(place.seat).selfSecret,
    root: Buffer.from(shares, 'hex'),
    shape: { holders: graph.holdersOf(site).length, shares: seats * SHARES_OF_SEAT },
    threshold: graph.threshold,
  };
}

function openMessages(at: StudyAtSite, list: ClosedList, messages: readonly UnmaskMessage[]) {
  const { place, root, keys, verify, sharing } = list;
  const shares: OpenedShare[] = [];
  const faulty = new Set<SiteName>();
  const heard: SiteName[] = [];
  for (const holder of at.study.sites.names) {
    const message = messages.find(({ site }) => site === holder);
    if (!message) continue;
    const statement = { ...contextOf(at, place), site: holder, root, sha256: unmaskDigest(message) };
    // What its holder did not sign says nothing about the holder.
    if (!verify('unmask', holder, statement, message.signature)) continue;
    heard.push(holder);
    const opened = openShares(at, keys, place, holder, message.sealed);
    const paths = pathsOf(at, list, holder, message);
    if (!opened || (message.proofs.length > 0 && !paths)) faulty.add(holder);
    for (const { site: dealer, share } of opened ?? []) {
      const { inBox = [], ofBox = [] } = paths?.find(({ site }) => site === dealer) ?? {};
      const holders = list.contributors.some(({ site }) => site === dealer) ? sharing.graph.holdersOf(dealer as SiteName) : [];
      const where = { holder: holders.indexOf(holder), share: placesOf(place.seat).selfSecret };
      shares.push({ dealer, holder, place: where, share, proof: { inBox, ofBox } });
    }
  }
  // On disk with the state, before the site says which one it holds.
  at.state.note(() => hear(at.state, at.hash, heard, { ...place, step: STEPS.release }));
  return { shares, faulty, withProofs: messages.some(({ proofs }) => proofs.length > 0) };
}

/** The proofs that came with a message, if they are those that it was signed with; undefined where they are not there or not whole. */
function pathsOf(at: StudyAtSite, { place, keys }: ClosedList, holder: SiteName, { proofs, proofsSha256 }: UnmaskMessage) {
  if (!createHash('sha256').update(proofs).digest().equals(proofsSha256)) return undefined;
  return openShares(at, keys, place, holder, proofs);
}

/** An error of rebuilding as this site says it: with the name of whoever is to blame, where somebody is. */
function named(error: unknown, faulty: ReadonlySet<SiteName>, checked: boolean): unknown {
  // On the coordinator's word alone nobody is found to have dealt wrongly: the sum is just not opened.
  if (!(error instanceof ConsiliumError) || (error.code === 'DEALT_INVALID' && checked)) return error;
  const from = error.problems[0]?.path ?? [...faulty][0];
  return from === undefined ? tooFew(error.message) : siteRefused('SHARE_INVALID', { from }, error);
}

const tooFew = (message: string) =>
  new ConsiliumError({
    code: 'UNMASK_REFUSED',
    errorClass: 'verification',
    message,
    fix: 'The sum is not opened; the coordinator asks other holders.',
  });
