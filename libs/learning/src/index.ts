export * from './bundle/build-bundle.js';
export { concordance, type Concordance } from './evaluation/concordance.js';
export * from './evaluation/evaluate.js';
export { evaluatedPatients } from './evaluation/evaluated-patients.js';
export { groupCounts } from './evaluation/group-counts.js';
export { accuracy, modelOutputs, predict, riskScores, type Prediction } from './evaluation/predict.js';
export type * from './learning-study.js';
export { applyPrivateSum, type StepOnSum } from './optimisers/dp-sgd.js';
export { applyUpdate } from './optimisers/apply-update.js';
export { batchSeed } from './random/batches.js';
export * from './simulation/concatenate-rows.js';
export { trainInMemory, trainSitesInMemory } from './simulation/train-in-memory.js';
export { trainPrivatelyInMemory } from './simulation/train-privately-in-memory.js';
export { decodeState, encodeState, stateDigest } from './state/encode-state.js';
export { initialState } from './state/initial-state.js';
export type * from './state/model-state.js';
export { fineTuned } from './training/fine-tune.js';
export { keptCount, siteStep } from './training/site-step.js';
export { localAfter, wholeState } from './state/whole-state.js';
export { sharedPart } from './state/tensor-values.js';
export { readSafetensors } from './start/safetensors.js';
export { startingFrom } from './start/starting-from.js';
export { readTfjsWeights, tfjsShards } from './start/tfjs-weights.js';
export { NotFinite } from './state/not-finite.js';
export { privateSum, type PrivateStep } from './training/private-sum.js';
export { type PatientOutcomes, type PrivateSum } from './private-step/private-summer.js';
export { trainPrivately, type PrivateTraining } from './training/train-privately.js';
export { gradientsHere, type PartGradients, type PartsOfStudy } from './training/part-gradients.js';
export { isOutOfMemory } from './engine/engine-memory.js';
export { PhysicalBatch } from './training/physical-batch.js';
export type { LocalTraining } from './training/local-training.js';
export { trainLocally, type LocalUpdate } from './training/train-locally.js';
export { chooseEngine, type ChosenEngine } from './engine/choose-engine.js';
export { engine, startEngine, type Engine } from './engine/engine.js';
export {
  ENGINE_NAMES,
  type EngineChoice,
  type EngineDescription,
  type EngineLimits,
  type EngineName,
} from './engine/engine-description.js';
export { unsupportedOperation } from './engine/study-operations.js';
export { UNSUPPORTED_OPERATIONS, type UnsupportedOperation } from './engine/unsupported-operations.js';
