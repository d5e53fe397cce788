import { ConsiliumError } from '@consilium/protocol';
import type { NoisyStudy } from './planned-events.js';
import type { Forecast } from '../planner/forecast.js';
import { epsilonText } from './epsilon-text.js';
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
      fix: `Raise privacy.noiseMultiplier above ${noiseMultiplier}, or take fewer rounds, a lower sampling rate or fewer metrics; consilium study check FILE --epsilon ${epsilonMax} finds the noise, with --for rounds the rounds.`,
    });
  return price;
}
