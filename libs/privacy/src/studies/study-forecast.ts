import { forecast, type Forecast } from '../planner/forecast.js';
import { plannedEvents, type NoisyStudy } from './planned-events.js';

/**
 * What a study costs one patient, before it runs: of training and evaluation, whose patients are different people, the
 * one that costs more (PROTOCOL.md section 6).
 * @returns undefined in mode `none`, which promises nothing
 */
export function studyForecast(study: NoisyStudy): Forecast | undefined {
  if (study.privacy.mode === 'none') return undefined;
  const { delta } = study.privacy;
  const { training, evaluation } = plannedEvents(study);
  const forecasts = [training, evaluation].flatMap((event) => (event === undefined ? [] : [forecast(event, delta)]));
  return forecasts.reduce<Forecast | undefined>((most, next) => (most && cost(most) >= cost(next) ? most : next), undefined);
}

const cost = ({ promise: { rdp } }: Forecast): number => (rdp === 'unbounded' ? Number.POSITIVE_INFINITY : rdp);
