import { combine, split } from 'shamir-secret-sharing';

const SECRET_BYTES = 32;
/** The secret's bytes over GF(2^8), then the share's own x-coordinate. */
export const SHARE_BYTES = SECRET_BYTES + 1;

/**
 * Shamir shares of a secret, one for each holder: any `threshold` of them give it back, fewer say nothing about it.
 * Every share carries its x-coordinate, a random one.
 * @param secret - 32 bytes
 * @param holders - 2 to 255
 * @param threshold - 2 to `holders`
 * @throws RangeError
 */
export async function splitSecret(secret: Uint8Array, holders: number, threshold: number): Promise<readonly Uint8Array[]> {
  if (secret.length !== SECRET_BYTES) throw new RangeError(`a secret has ${SECRET_BYTES} bytes, not ${secret.length}`);
  if (!(threshold >= 2 && threshold <= holders && holders <= 255))
    throw new RangeError(`${threshold} of ${holders} shares are not possible`);
  return split(plain(secret), holders, threshold);
}

/**
 * The secret of shares of one polynomial; garbage for any others, so compare with what the dealer committed to.
 * @returns nothing where the shares cannot belong together: lengths, a coordinate of 0 or twice the same
 */
export async function combineShares(shares: readonly Uint8Array[]): Promise<Buffer | undefined> {
  const coordinates = new Set(shares.map((share) => share[SECRET_BYTES]));
  if (shares.some(({ length }) => length !== SHARE_BYTES) || coordinates.size !== shares.length || coordinates.has(0)) return undefined;
  if (shares.length < 2 || shares.length > 255) return undefined;
  return Buffer.from(await combine(shares.map(plain)));
}

/** The library takes a plain Uint8Array only, not a Buffer. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
