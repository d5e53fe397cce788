import { z } from 'zod';
import { Augmentation } from './augmentation.js';
import { FineTuning } from './fine-tuning.js';
import { LevelWeights } from './level-weights.js';
import { TensorNames } from './tensor-names.js';

const rate = z.number().gt(0).max(1e3);

export const MOST_ROUNDS = 10_000;

const local = {
  rounds: z.int().min(1).max(MOST_ROUNDS),
  /** Gradient steps at each site in one round. */
  localSteps: z.int().min(1).max(100_000),
  /** Patients a step; `full` takes all of them. */
  batchSize: z.union([z.literal('full'), z.int().min(1).max(1_000_000)], '"full" or a whole number').default('full'),
  learningRate: rate,
  /** Largest magnitude of one parameter's change in a round; beyond it is clamped, and counted. */
  updateRange: z.number().gt(0).max(1e6).default(1),
  /** Public bound on one site's training patients: its weight rides in the sealed sum relative to this. */
  maxWeight: z.int().min(1).max(100_000_000).default(100_000),
  /**
   * Layers or tensors that each site learns for itself: they travel in no sum, and the released model has their initial values
   * (Arivazhagan et al. 2019).
   */
  localLayers: TensorNames.default([]),
  weights: LevelWeights.optional(),
  augment: Augmentation.optional(),
  fineTune: FineTuning.optional(),
};

const adaptive = {
  serverLearningRate: rate.default(0.1),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
  /** Keeps the step finite where the second moment is 0 (tau of Reddi et al. 2021). */
  tau: z.number().gt(0).max(1).default(1e-3),
};

export const Algorithm = z.discriminatedUnion('name', [
  /** One step a round on the noisy mean gradient of all sites (Abadi et al. 2016, with noise shared among the sites). */
  z.strictObject({
    name: z.literal('dp-sgd'),
    rounds: local.rounds,
    learningRate: rate,
    weights: local.weights,
    augment: local.augment,
    fineTune: local.fineTune,
  }),
  z.strictObject({ name: z.literal('fedavg'), ...local, serverLearningRate: rate.default(1) }),
  /** Each local step is also drawn to where the round began: + (mu/2)·|w − w0|² (Li et al. 2020, eq. 2). */
  z.strictObject({ name: z.literal('fedprox'), ...local, mu: z.number().min(0).max(1e3), serverLearningRate: rate.default(1) }),
  z.strictObject({ name: z.literal('fedadam'), ...local, ...adaptive }),
  z.strictObject({ name: z.literal('fedyogi'), ...local, ...adaptive }),
  z.strictObject({
    name: z.literal('fedadagrad'),
    ...local,
    serverLearningRate: adaptive.serverLearningRate,
    beta1: z.number().min(0).lt(1).default(0),
    tau: adaptive.tau,
  }),
  /**
   * Control variates against drift between sites (Karimireddy et al. 2020, Algorithm 1, option II); their changes ride in the
   * sum beside the update.
   */
  z.strictObject({ name: z.literal('scaffold'), ...local, serverLearningRate: rate.default(1) }),
]);
export type Algorithm = z.infer<typeof Algorithm>;
/** Algorithms in which each site takes steps of its own. */
export type LocalAlgorithm = Exclude<Algorithm, { readonly name: 'dp-sgd' }>;
