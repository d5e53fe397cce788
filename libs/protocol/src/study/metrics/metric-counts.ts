/** Units of one nat in `trainLoss` and `testLoss`, and of one range of the outcome in sums of errors. */
export const FIXED_POINT = 2 ** 20;

/** What one site may put into a count: sums beyond are cut, so that a model gone wild refuses no contribution. */
export const LARGEST_COUNT = 2n ** 45n - 1n;

/**
 * What rides along whatever the outcome, about the state before the round's step. Losses are sums over patients in units
 * of 2^-20 nats; `clamped` counts update values beyond `updateRange`.
 */
export const SITE_COUNTS = ['contributors', 'clamped', 'trainPatients', 'trainLoss'] as const;

/** What is counted of every group of evaluation patients: of all of them, and of each level of a subgroup. */
export const GROUP_COUNTS = ['testPatients', 'testLoss'] as const;
