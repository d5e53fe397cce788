import { ConsiliumError, type SiteName } from '@consilium/protocol';
import { combineShares, droppedMasks, publicRoundKey, type MaskTerm } from '@consilium/sealed-sum/fold';
import type { ClosedAttempt } from '../rounds/study-state.js';

/** Choices of t shares that are tried before a key is given up: one false share among many is found, an attack is not fed. */
const MOST_CHOICES = 200;

/** The shares of a dropped site's round key that holders have released. */
export function sharesOf(attempt: ClosedAttempt, site: SiteName): readonly Buffer[] {
  return [...attempt.releases.values()].flatMap(({ dropped }) =>
    dropped.filter((share) => share.site === site).map(({ share }) => Buffer.from(share, 'hex')),
  );
}

/**
 * The pair masks that dropped sites left in the sum (PROTOCOL.md section 4, step 7): each dropped round key is rebuilt from
 * t shares, checked against its advert, and paired with every contributor.
 * @throws ConsiliumError SHARE_INVALID where the released shares do not give the advertised key
 */
export async function masksOfDropped(
  attempt: ClosedAttempt,
  dropped: readonly SiteName[],
  { t, transcript }: { readonly t: number; readonly transcript: Uint8Array },
): Promise<readonly MaskTerm[]> {
  const keyOf = (site: SiteName) => Buffer.from(attempt.seats.get(site)?.roundKey ?? '', 'hex');
  const at = (site: SiteName) => ({ index: attempt.participants.indexOf(site), publicKey: keyOf(site) });
  const terms: MaskTerm[] = [];
  for (const site of dropped) {
    const privateKey = await rebuild(site, sharesOf(attempt, site), t, keyOf(site));
    terms.push(...droppedMasks({ index: at(site).index, privateKey }, attempt.contributors.map(at), transcript));
  }
  return terms;
}

async function rebuild(site: SiteName, shares: readonly Buffer[], t: number, advertised: Buffer): Promise<Buffer> {
  let tried = 0;
  for (const choice of choicesOf(shares, t)) {
    const secret = await combineShares(choice);
    if (secret && publicRoundKey(secret).equals(advertised)) return Buffer.from(secret);
    tried += 1;
    if (tried >= MOST_CHOICES) break;
  }
  throw new ConsiliumError({
    code: 'SHARE_INVALID',
    errorClass: 'verification',
    message: `The shares that were released do not give the round key that ${site} advertised.`,
    fix: 'The attempt ends; the next one uses fresh keys.',
  });
}

/** All choices of `count` of the items, the first ones first. */
function* choicesOf<T>(items: readonly T[], count: number, from = 0): Generator<readonly T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let index = from; index <= items.length - count; index += 1)
    for (const rest of choicesOf(items, count - 1, index + 1)) yield [items[index] as T, ...rest];
}
