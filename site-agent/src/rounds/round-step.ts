/** What a round costs a site's time; the order is that of the round. */
export const ROUND_STEPS = ['reserve', 'train', 'noise', 'encrypt', 'upload', 'decrypt', 'apply'] as const;
export type RoundStep = (typeof ROUND_STEPS)[number];

/** Does a step and tells how long it took, seconds; of one that failed nothing is told. */
export async function timed<T>(
  took: ((step: RoundStep, seconds: number) => void) | undefined,
  step: RoundStep,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const result = await work();
  took?.(step, (performance.now() - begun) / 1_000);
  return result;
}
