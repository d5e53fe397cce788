// The models and rows of the bench, and a site's own steps on them: `trainPrivately` and `trainLocally`.
import { initialState, trainLocally, trainPrivately } from '@consilium/learning';
import { SystemRandomness } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { layerTensors, modelLayers, parameterCount } from '@consilium/protocol';

/** As in the trial beside which the goals were set: 30 columns and networks of 64 and 32, or images of 28 × 28. */
const COLUMNS = { kind: 'columns', columns: 30 };
const IMAGE = { kind: 'image', height: 28, width: 28, channels: 1 };
const OUTCOME = { type: 'binary', column: 'y', positive: '> 0' };
const PATIENTS = 2048;
const CLIP = 1;
const NOISE_MULTIPLIER = 1;
/** S: rounding to the nearest integer up to 65,536 parameters (1,048,576), as studies of this size get. */
const NORM_BOUND = 1024;
const LARGE_NORM_BOUND = 4096;

const network = (activation, ...hidden) => ({ type: 'multilayer-perceptron', hidden, activation, l2: 0 });

const block = (filters, pool) => ({ filters, size: 3, stride: 1, norm: 'none', groups: 1, pool });
const CNN = {
  type: 'convolutional-network',
  blocks: [block(16, 'none'), block(32, 'max')],
  pooling: 'flatten',
  hidden: [64],
  activation: 'relu',
  l2: 0,
};

/** Steps of one run: enough that loading weights and reading them back is next to nothing. */
export const MODELS = {
  logistic: { model: { type: 'logistic-regression', l2: 0 }, steps: 200, goal: 1.5 },
  mlp: { model: network('tanh', 64, 32), steps: 40, goal: 1.3 },
  reluMlp: { model: network('relu', 64, 32), steps: 40, goal: 1.3 },
  wideMlp: { model: network('tanh', 256, 128), steps: 8, goal: 1.3 },
  cnn: { model: CNN, input: IMAGE, steps: 2, rounds: 5, normBound: LARGE_NORM_BOUND, goal: 1.6 },
};

/** One record a patient; the outcome follows the first column. */
function someRows(width) {
  const words = new SeededRandomness('private-step rows');
  const x = Float32Array.from({ length: PATIENTS * width }, () => words.next() / 2 ** 30 - 2);
  const y = Float32Array.from({ length: PATIENTS }, (_, row) => (x[row * width] > 0 ? 1 : 0));
  return { x, y, patients: Int32Array.from({ length: PATIENTS }, (_, row) => row), patientCount: PATIENTS };
}

/** A model at one batch size: its numbers, and a run of either kind. */
export function setting(name, batch) {
  const { model, steps, input = COLUMNS, rounds = 11, normBound = NORM_BOUND } = MODELS[name];
  const rows = someRows(input.columns ?? input.height * input.width * input.channels);
  const algorithm = { name: 'fedavg', rounds: 1, localSteps: steps, batchSize: batch, learningRate: 0.05, serverLearningRate: 1 };
  const layers = modelLayers(model, input, OUTCOME);
  const derived = { layers, tensors: layers.flatMap(layerTensors) };
  const study = { cohort: { outcome: OUTCOME }, model, algorithm, seed: 1, derived };
  const state = initialState(study);
  const noise = {
    sampling: { numerator: (batch / PATIENTS) * 2 ** 20, bits: 20 },
    normBound,
    variance: Math.ceil((NOISE_MULTIPLIER * normBound) ** 2),
  };
  const seed = new Uint8Array(32);
  const words = new SystemRandomness();
  return {
    steps,
    rounds,
    dimension: parameterCount(study.derived.tensors),
    patients: PATIENTS,
    variance: noise.variance,
    words,
    run: {
      plain: () => trainLocally({ study, state, rows, seed }),
      private: () => trainPrivately({ study, noise, clip: CLIP, state, rows, publicSize: PATIENTS, words }),
    },
  };
}
