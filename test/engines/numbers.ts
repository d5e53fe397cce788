/** Numbers in (−1, 1), of 32 bits, the same in every process: Lehmer's generator, modulus 2^31 − 1. */
export function numbers(shape: readonly number[], seed: number): Float32Array {
  let word = seed;
  const count = shape.reduce((product, extent) => product * extent, 1);
  return Float32Array.from({ length: count }, () => {
    word = (word * 48_271) % 2_147_483_647;
    return (2 * word) / 2_147_483_647 - 1;
  });
}

export const inputSeed = (index: number): number => 17 + index * 1001;
export const SLOPE_SEED = 77;
