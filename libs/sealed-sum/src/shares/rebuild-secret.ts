import { ConsiliumError, type SiteName } from '@consilium/protocol';
import { publicRoundKey } from '../masks/round-keys.js';
import { commitment } from './commitment.js';
import { verifyShare, type DealtShape, type ShareProof, type SharePlace } from './share-root.js';
import { combineShares } from './split-secret.js';

/** A share as its holder released it. */
export interface ReleasedShare {
  readonly holder: SiteName;
  readonly place: SharePlace;
  readonly share: Uint8Array;
  readonly proof: ShareProof;
}

/** What is known of a secret before it is rebuilt, all of it signed by its dealer. */
export interface DealtSecret {
  readonly dealer: SiteName;
  /** Place of this secret's shares in every box. */
  readonly place: number;
  readonly root: Uint8Array;
  readonly shape: DealtShape;
  /** Shares that give the secret back. */
  readonly threshold: number;
}

export interface RebuiltSecret {
  readonly secret: Buffer;
  /** Holders whose share was not the one dealt to them; it was left out. */
  readonly faulty: readonly SiteName[];
}

/**
 * A contributor's b from released shares, checked against its commitment (PROTOCOL.md section 4, step 8).
 * @throws ConsiliumError DEALT_INVALID naming the dealer whose shares give another secret; SHARE_INVALID naming the
 * holders whose shares are not those dealt, where too few are left; SHARES_MISSING where there are too few
 */
export function rebuildSelfSecret(dealt: DealtSecret, released: readonly ReleasedShare[], committed: Uint8Array): Promise<RebuiltSecret> {
  return rebuild(dealt, released, (secret) => commitment(secret).equals(committed));
}

/**
 * A dropped site's private round key from released shares, checked against the public key it advertised (step 6).
 * @throws ConsiliumError as `rebuildSelfSecret`
 */
export function rebuildRoundKey(dealt: DealtSecret, released: readonly ReleasedShare[], advertised: Uint8Array): Promise<RebuiltSecret> {
  return rebuild(dealt, released, (secret) => publicRoundKey(secret).equals(advertised));
}

async function rebuild(
  dealt: DealtSecret,
  released: readonly ReleasedShare[],
  isRight: (secret: Buffer) => boolean,
): Promise<RebuiltSecret> {
  const asDealt = released.filter(
    ({ share, place, proof }) => place.share === dealt.place && verifyShare(share, place, proof, dealt.root, dealt.shape),
  );
  const faulty = released.filter((share) => !asDealt.includes(share)).map(({ holder }) => holder);
  // A holder that sends its share twice has sent one.
  const byHolder = [...new Map(asDealt.map((share) => [share.place.holder, share])).values()];
  if (byHolder.length < dealt.threshold)
    throw faulty.length > 0 ? sharesNotDealt(dealt.dealer, faulty) : sharesMissing(dealt, byHolder.length);
  const secret = await combineShares(byHolder.slice(0, dealt.threshold).map(({ share }) => share));
  if (!secret || !isRight(secret)) throw dealtInvalid(dealt.dealer);
  return { secret, faulty };
}

function sharesNotDealt(dealer: SiteName, holders: readonly SiteName[]): ConsiliumError {
  return new ConsiliumError({
    code: 'SHARE_INVALID',
    errorClass: 'verification',
    message: `What ${holders.join(', ')} released is not the share that ${dealer} dealt, and too few others are left.`,
    fix: 'Wait for other holders; look at the sites named, whose state may have been restored or changed.',
    problems: holders.map((holder) => ({ path: holder, detail: `its share of ${dealer}'s secret is not the one dealt to it` })),
  });
}

function dealtInvalid(dealer: SiteName): ConsiliumError {
  return new ConsiliumError({
    code: 'DEALT_INVALID',
    errorClass: 'verification',
    message: `The shares that ${dealer} dealt do not give the secret that it advertised.`,
    fix: `The key epoch ends and the round is repeated; look at the agent of ${dealer}.`,
    problems: [{ path: dealer, detail: 'it signed shares of another secret' }],
  });
}

function sharesMissing({ dealer, threshold }: DealtSecret, have: number): ConsiliumError {
  return new ConsiliumError({
    code: 'SHARES_MISSING',
    errorClass: 'failed',
    message: `${have} of the ${threshold} shares needed for the secret of ${dealer} are in.`,
    fix: 'Wait for other holders.',
  });
}
