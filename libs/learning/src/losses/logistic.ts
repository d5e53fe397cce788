/** 1/(1 + e^−z). */
export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** −log of the probability of a yes-or-no y: max(z, 0) − z·y + log(1 + e^−|z|), which overflows nowhere. */
export const crossEntropy = (z: number, y: number): number => Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)));
