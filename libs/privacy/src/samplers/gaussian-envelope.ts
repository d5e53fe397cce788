const WORD = 2 ** 32;
/** More than the relative error of what is computed here in doubles. */
const MARGIN = 2 ** -40;
/** Above ln 2: from where blocks decay by so much, each is less than half of the one before. */
const HALVES = 0.7;

/**
 * Steps that lie nowhere below h₀·e^(−x²/2V), x ≥ 0: block k is x from k·width to (k+1)·width − 1, of height `heights[k]` in
 * whole numbers; from block K on they are 1, 1/2, 1/4 … All together weigh `total` ≤ 2^32, so that one word chooses a block.
 */
export interface GaussianEnvelope {
  /** A power of two, 1 to 2^17. */
  readonly width: number;
  readonly heights: Float64Array;
  /** Running sums of the heights: block k has the words from ends[k − 1] to ends[k] − 1, the tail the last two. */
  readonly ends: Float64Array;
  readonly total: number;
  /** In words: every x of the block has at least this share of its block's height. */
  readonly shares: Float64Array;
}

/** @param variance - V, a whole number, 1 to 2^40 */
export function gaussianEnvelope(variance: number): GaussianEnvelope {
  let width = 1;
  while (width * 16 <= Math.sqrt(variance)) width *= 2;
  const heightAt = (x: number) => Math.exp(-(x * x) / (2 * variance));

  let blocks = Math.ceil((HALVES * variance) / (width * width));
  while (WORD * heightAt(blocks * width) > 0.5) blocks += 1;
  const shape = Float64Array.from({ length: blocks }, (_, block) => heightAt(block * width));
  const area = shape.reduce((sum, height) => sum + height, 0);
  // Rounding up adds less than one for each block, the tail adds two.
  const unit = Math.floor(((WORD - 2 * blocks - 4) / area) * (1 - MARGIN));
  const heights = shape.map((height, block) => (block === 0 ? unit : Math.ceil(unit * height * (1 + MARGIN))));
  const ends = new Float64Array(blocks);
  let total = 0;
  for (const [block, height] of heights.entries()) ends[block] = total += height;
  const shares = heights.map((height, block) => Math.floor(WORD * (unit / height) * heightAt((block + 1) * width - 1) * (1 - MARGIN)));
  return { width, heights, ends, total: total + 2, shares };
}
