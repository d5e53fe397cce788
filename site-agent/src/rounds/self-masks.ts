import { ConsiliumError, unmaskDigest, type SiteName } from '@consilium/protocol';
import type { UnmaskMessage } from '@consilium/protocol/wire';
import { rebuildSelfSecret, selfKey, type DealtSecret, type ReleasedShare } from '@consilium/sealed-sum';
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
 * The keys of the contributors' self-masks (PROTOCOL.md section 4, step 8): opens what the holders released, leaves out
 * what is not under its dealer's root, rebuilds each b from a threshold of shares and checks it against its commitment.
 * @throws SiteRefused SHARE_INVALID naming a holder where too few good shares are left; ConsiliumError DEALT_INVALID
 * naming a contributor who dealt shares of another b; UNMASK_REFUSED where the coordinator handed on too few
 */
export async function selfMasks(at: StudyAtSite, list: ClosedList, messages: readonly UnmaskMessage[]): Promise<SelfMasks> {
  const { t } = at.study.derived.thresholds;
  if (messages.length < t) throw tooFew(`${messages.length} of the ${t} sites needed have released shares for this sum.`);
  const { shares, faulty } = openMessages(at, list, messages);
  const keys: Buffer[] = [];
  for (const contributor of list.contributors) {
    const dealt = dealtSecret(list, contributor);
    const released = shares.filter(({ dealer }) => dealer === contributor.site);
    const rebuilt = await rebuildSelfSecret(dealt, released, contributor.commitment).catch((error: unknown) => {
      throw named(error, faulty, list.sharing.checked);
    });
    for (const holder of rebuilt.faulty) faulty.add(holder);
    keys.push(selfKey(rebuilt.secret, list.transcript));
  }
  return { keys, faulty: at.study.sites.names.filter((name) => faulty.has(name)) };
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
  for (const holder of at.study.sites.names) {
    const message = messages.find(({ site }) => site === holder);
    if (!message) continue;
    const statement = { ...contextOf(at, place), site: holder, root, sha256: unmaskDigest(message.sealed, message.droppedSha256) };
    // What its holder did not sign says nothing about the holder.
    if (!verify('unmask', holder, statement, message.signature)) continue;
    hear(at.state, at.hash, [holder], { ...place, step: STEPS.release });
    const opened = openShares(at, keys, place, holder, message.sealed);
    if (!opened) faulty.add(holder);
    for (const { site: dealer, share, inBox, ofBox } of opened ?? []) {
      const holders = list.contributors.some(({ site }) => site === dealer) ? sharing.graph.holdersOf(dealer as SiteName) : [];
      const where = { holder: holders.indexOf(holder), share: placesOf(place.seat).selfSecret };
      shares.push({ dealer, holder, place: where, share, proof: { inBox, ofBox } });
    }
  }
  return { shares, faulty };
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
