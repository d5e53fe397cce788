import type { SiteName } from '@consilium/protocol';
import { combineShares, commitment } from '@consilium/sealed-sum';

/** A share of one secret, as its holder released it. */
export interface ReleasedShare {
  readonly holder: SiteName;
  readonly share: Uint8Array;
}

export interface RebuiltSecret {
  /** b, 32 bytes. */
  readonly secret: Uint8Array;
  /** Holders whose share lies on another polynomial. */
  readonly faulty: readonly SiteName[];
}

/** Choices of t shares that are tried before a secret counts as lost. */
const MOST_TRIES = 2_000;

/**
 * A contributor's b from t of its released shares, compared with its commitment (PROTOCOL.md section 4, step 8). Where
 * the first t do not give it, others are tried, and the holders whose shares do not fit are named.
 * @param shares - of distinct holders, those that are trusted most first
 * @returns undefined where no t of them give the secret
 */
export async function rebuildSecret(
  shares: readonly ReleasedShare[],
  threshold: number,
  committed: Uint8Array,
): Promise<RebuiltSecret | undefined> {
  const right = async (chosen: readonly ReleasedShare[]) => {
    const secret = await combineShares(chosen.map(({ share }) => share));
    return secret && commitment(secret).equals(committed) ? secret : undefined;
  };
  let tries = 0;
  for (const chosen of choices(shares, threshold)) {
    if (++tries > MOST_TRIES) return undefined;
    const secret = await right(chosen);
    if (!secret) continue;
    if (tries === 1) return { secret, faulty: [] };
    const faulty: SiteName[] = [];
    for (const share of shares) if (!chosen.includes(share) && !(await right([...chosen.slice(1), share]))) faulty.push(share.holder);
    return { secret, faulty };
  }
  return undefined;
}

/** All choices of `count` elements, first ones first. */
function* choices<T>(from: readonly T[], count: number): Generator<readonly T[]> {
  if (count === 0) return yield [];
  for (let first = 0; first + count <= from.length; first++)
    for (const rest of choices(from.slice(first + 1), count - 1)) yield [from[first] as T, ...rest];
}
