import { lossAt, type SampledStep } from './interval-masses.js';

const POINTS = 400;
const REACH = 8;

/** Standard deviation of one step's loss under the data without the patient, to a few per cent: it only chooses the grid. */
export function lossDeviation(step: SampledStep): number {
  const width = (2 * REACH) / POINTS;
  let [total, mean, square] = [0, 0, 0];
  for (let point = 0; point <= POINTS; point += 1) {
    const z = -REACH + point * width;
    const weight = Math.exp((-z * z) / 2);
    const loss = lossAt(z * step.noiseMultiplier, step);
    total += weight;
    mean += weight * loss;
    square += weight * loss * loss;
  }
  return Math.sqrt(Math.max(0, square / total - (mean / total) ** 2));
}
