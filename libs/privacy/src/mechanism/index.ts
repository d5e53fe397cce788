// For sites only: what draws noise and what touches a patient's gradient. Pricing is in the package's main entry.
export { type RandomWords } from '../randomness/random-words.js';
export { SystemRandomness } from '../randomness/system-randomness.js';
export { DiscreteGaussian } from '../samplers/discrete-gaussian.js';
export { poissonSample } from '../samplers/poisson-sample.js';
export { normRule, type NormRule } from './norm-rule.js';
export { boundPatient, meanOfRecords, type PatientOutcome } from './patient-vector.js';
export { addPatient, noisySum } from './step-sum.js';
