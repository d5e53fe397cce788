import { ConsiliumError } from '@consilium/protocol';

/** Adds one patient's integers to the site's sum: exact up to 2^39 patients, since |z| ≤ 2^14. */
export function addPatient(sum: Float64Array, vector: Int32Array): void {
  for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + (vector[index] ?? 0);
}

/**
 * What a site puts into its lanes (PROTOCOL.md section 6, step 3): its sum clamped to ±R, which moves no two neighbouring
 * sums further apart, plus its noise. Nothing is clamped after the noise: a lane that wraps is post-processing.
 *
 * @param sum - whole numbers, the sum over the sampled patients; all zero where none was sampled
 * @param noise - as many draws of N_Z(0, V), made before any data was read
 * @param clampTo - R, a whole number below 2^22
 * @throws ConsiliumError CONTRIBUTION_SHAPE
 */
export function noisySum(sum: Float64Array, noise: Int32Array, clampTo: number): Int32Array {
  if (sum.length !== noise.length)
    throw new ConsiliumError({
      code: 'CONTRIBUTION_SHAPE',
      errorClass: 'failed',
      message: `A sum of ${sum.length} values met noise of ${noise.length}.`,
      fix: 'Sum and noise must come from the same study.',
    });
  const lanes = new Int32Array(sum.length);
  for (let index = 0; index < sum.length; index += 1) {
    const value = sum[index] ?? 0;
    lanes[index] = Math.min(clampTo, Math.max(-clampTo, value)) + (noise[index] ?? 0);
  }
  return lanes;
}
