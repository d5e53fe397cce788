import { lossAt, type SampledStep } from './interval-masses.js';

const POINTS = 800;
const REACH = 8;

/** Standard deviations of one step's loss, to a few per cent: they only choose the grid. */
export interface LossDeviation {
  /** Without the patient: the many small losses. */
  readonly absent: number;
  /** With the patient: the rare large ones weigh more. */
  readonly present: number;
}

export function lossDeviation(step: SampledStep): LossDeviation {
  const shift = 1 / step.noiseMultiplier;
  const width = (2 * REACH + shift) / POINTS;
  const absent = new Moments();
  const present = new Moments();
  for (let point = 0; point <= POINTS; point += 1) {
    const z = -REACH + point * width;
    const loss = lossAt(z * step.noiseMultiplier, step);
    const density = Math.exp((-z * z) / 2);
    absent.add(loss, density);
    present.add(loss, (1 - step.q) * density + step.q * Math.exp(-((z - shift) ** 2) / 2));
  }
  return { absent: absent.deviation(), present: present.deviation() };
}

class Moments {
  #total = 0;
  #mean = 0;
  #square = 0;

  add(value: number, weight: number): void {
    this.#total += weight;
    this.#mean += weight * value;
    this.#square += weight * value * value;
  }

  deviation(): number {
    return Math.sqrt(Math.max(0, this.#square / this.#total - (this.#mean / this.#total) ** 2));
  }
}
