import { ConsiliumError, unmaskDigest, type SiteName } from '@consilium/protocol';
import type { UnmaskMessage } from '@consilium/protocol/wire';
import { selfKey } from '@consilium/sealed-sum';
import { contextOf, type ClosedList } from './closed-list.js';
import { rebuildSecret, type ReleasedShare } from './rebuild-secret.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';
import { hear, STEPS } from './witnesses/heard.js';
import { openShares, type SharesOfSites } from './unmask-message.js';

/**
 * The keys of the contributors' self-masks (PROTOCOL.md section 4, step 8): opens what the holders released, rebuilds each
 * b from t shares and checks it against its commitment. One bad share does no harm while t others are there.
 * @throws SiteRefused SHARE_INVALID naming a holder whose message is not its own, or the site whose b cannot be rebuilt
 */
export async function selfMasks(at: StudyAtSite, list: ClosedList, messages: readonly UnmaskMessage[]): Promise<readonly Buffer[]> {
  const { t } = at.study.derived.thresholds;
  if (messages.length < t)
    throw new ConsiliumError({
      code: 'UNMASK_REFUSED',
      errorClass: 'verification',
      message: `${messages.length} of the ${t} sites needed have released shares for this sum.`,
      fix: 'The sum is not opened; the coordinator asks other holders.',
    });
  const { released, refused } = openMessages(at, list, messages);
  const suspects = new Set<SiteName>();
  const keys: Buffer[] = [];
  for (const { site, commitment } of list.contributors) {
    const shares = [...released].flatMap(([holder, of]): ReleasedShare[] => {
      const share = of.get(site);
      return share ? [{ holder, share }] : [];
    });
    const trusted = shares.toSorted((one, other) => Number(suspects.has(one.holder)) - Number(suspects.has(other.holder)));
    const rebuilt = await rebuildSecret(trusted, t, commitment);
    if (!rebuilt) throw siteRefused('SHARE_INVALID', { from: [...refused, ...suspects][0] ?? site });
    for (const holder of rebuilt.faulty) suspects.add(holder);
    keys.push(selfKey(rebuilt.secret, list.transcript));
  }
  return keys;
}

function openMessages(at: StudyAtSite, { place, root, keys, verify }: ClosedList, messages: readonly UnmaskMessage[]) {
  const released = new Map<SiteName, SharesOfSites>();
  const heard: SiteName[] = [];
  const refused: SiteName[] = [];
  for (const holder of at.study.sites.names) {
    const message = messages.find(({ site }) => site === holder);
    if (!message) continue;
    const statement = { ...contextOf(at, place), site: holder, root, sha256: unmaskDigest(message.sealed, message.droppedSha256) };
    const signed = verify('unmask', holder, statement, message.signature);
    const shares = signed ? openShares(at, keys, place, holder, message.sealed) : undefined;
    if (signed) heard.push(holder);
    if (shares) released.set(holder, shares);
    else refused.push(holder);
  }
  // On disk with the state, before the site says which one it holds.
  at.state.note(() => hear(at.state, at.hash, heard, { ...place, step: STEPS.release }));
  return { released, refused };
}
