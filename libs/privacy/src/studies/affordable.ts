import { ConsiliumError } from '@consilium/protocol';
import type { NoisyStudy } from './planned-events.js';
import type { Forecast } from '../planner/forecast.js';
import { studyForecast } from './study-forecast.js';

/**
 * The forecast of a study that keeps to its own `privacy.epsilonMax`.
 * @returns undefined in mode `none`
 * @throws ConsiliumError EPSILON_MAX
 */
export function requireAffordable(study: NoisyStudy): Forecast | undefined {
  const price = studyForecast(study);
  if (price === undefined || study.privacy.mode === 'none') return undefined;
  const { epsilonMax, noiseMultiplier } = study.privacy;
  const { rdp } = price.promise;
  if (epsilonMax !== undefined && !(typeof rdp === 'number' && rdp <= epsilonMax))
    throw new ConsiliumError({
      code: 'EPSILON_MAX',
      errorClass: 'refused',
      message: `The study is forecast to cost epsilon ${epsilonText(rdp)} at delta ${price.delta}; its own privacy.epsilonMax is ${epsilonMax}.`,
      fix: `Raise privacy.noiseMultiplier above ${noiseMultiplier}, or take fewer rounds, a lower sampling rate or fewer metrics.`,
    });
  return price;
}

/** An epsilon as people read it: four significant digits, rounded up, never down. */
export function epsilonText(epsilon: number | 'unbounded'): string {
  if (epsilon === 'unbounded') return 'unbounded';
  if (epsilon === 0) return '0';
  const step = 10 ** (Math.floor(Math.log10(epsilon)) - 3);
  const rounded = Math.ceil(epsilon / step - 1e-9) * step;
  return String(Number(rounded.toPrecision(4)));
}
