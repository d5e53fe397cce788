// Prices, budgets and plans: pure, for everybody. What draws noise is in `./mechanism`, for sites only.
export { gaussianSteps, type GaussianSteps } from './events/gaussian-steps.js';
export { ifAllOthersCollude } from './events/if-all-others-collude.js';
export {
  PrivacyEvent,
  ReleasedEvent,
  type Composition,
  type Histograms,
  type IdealGaussian,
  type IntegerGaussian,
} from './events/privacy-event.js';
export { pldEpsilon } from './pld/pld-epsilon.js';
export { priceEvent, shownEpsilon, type Price, type ShownEpsilon } from './pricing/price-event.js';
export { priceEvents } from './pricing/price-events.js';
export { epsilonAtOrder } from './rdp/convert.js';
export { rdpEpsilon } from './rdp/rdp-epsilon.js';
export { rateValue, samplingRate, type SamplingRate } from './samplers/sampling-rate.js';
export { requireAffordable } from './studies/affordable.js';
export { epsilonText } from './studies/epsilon-text.js';
export { afterFirstRound, afterStudy, requireRoom, type LedgerUse } from './studies/after-study.js';
export { noiseForStudy } from './studies/noise-for-study.js';
export { plannedEvents, purposesOfRound, roundEvents, type NoisyStudy, type PlannedEvents } from './studies/planned-events.js';
export { newLedger, type PopulationLedger } from './studies/population-ledger.js';
export { roundsForStudy } from './studies/rounds-for-study.js';
export { studyEpsilon } from './studies/study-epsilon.js';
export { studyForecast } from './studies/study-forecast.js';
export { type StudyTarget } from './studies/study-target.js';
export { admits, fits, shownBudget, type ShownBudget } from './filter/budget-filter.js';
export {
  ACCOUNTANT_VERSION,
  addCharges,
  chargeOf,
  gridCharge,
  isChargeEnough,
  NO_CHARGE,
  subtractCharges,
  type Charge,
} from './filter/charge.js';
export { addDecimals, compareDecimals, Decimal, decimalDown, decimalUp, decimalValue } from './filter/decimal.js';
export { budgets, FilterTerms, moveLimit, newFilterTerms, smallestLimit } from './filter/filter-terms.js';
export { forecast, type Forecast } from './planner/forecast.js';
export { odds, type Odds } from './planner/odds.js';
