/**
 * The one ring of this version (PROTOCOL.md section 3): p prime, q = 16384·p + 1 prime and 1 mod 2N. q mod p is 1, which
 * makes SEAL's rounding of q·m/p end at once; p stays below 2^46, so that a coefficient is exact in a double.
 */
export const DEGREE = 4096;
export const PLAIN_MODULUS = 2 ** 46 - 57;
export const COEFFICIENT_MODULUS = 16384n * BigInt(PLAIN_MODULUS) + 1n;
export const LANE_BITS = 23;
export const LANES = 2;
export const CHECK_SLOTS = 3;
