// The models and rows of the bench, and a site's own steps on them: `trainPrivately` and `trainLocally`.
import { initialState, trainLocally, trainPrivately } from '@consilium/learning';
import { SystemRandomness } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { modelTensors, parameterCount } from '@consilium/protocol';

/** As in the trial beside which the goals were set: 30 columns, and networks of 64 and 32. */
const COLUMNS = 30;
const PATIENTS = 2048;
const CLIP = 1;
const NOISE_MULTIPLIER = 1;
/** S: rounding to the nearest integer up to 65,536 parameters, as studies of this size get. */
const NORM_BOUND = 1024;

const network = (activation, ...hidden) => ({ type: 'multilayer-perceptron', hidden, activation, l2: 0 });

/** Steps of one run: enough that loading weights and reading them back is next to nothing. */
export const MODELS = {
  logistic: { model: { type: 'logistic-regression', l2: 0 }, steps: 200, goal: 1.5 },
  mlp: { model: network('tanh', 64, 32), steps: 40, goal: 1.3 },
  reluMlp: { model: network('relu', 64, 32), steps: 40, goal: 1.3 },
  wideMlp: { model: network('tanh', 256, 128), steps: 8, goal: 1.3 },
};

/** One record a patient; the outcome follows the first column. */
function someRows() {
  const words = new SeededRandomness('private-step rows');
  const x = Float32Array.from({ length: PATIENTS * COLUMNS }, () => words.next() / 2 ** 30 - 2);
  const y = Float32Array.from({ length: PATIENTS }, (_, row) => (x[row * COLUMNS] > 0 ? 1 : 0));
  return { x, y, patients: Int32Array.from({ length: PATIENTS }, (_, row) => row), patientCount: PATIENTS };
}

/** A model at one batch size: its numbers, and a run of either kind. */
export function setting(name, batch) {
  const { model, steps } = MODELS[name];
  const rows = someRows();
  const algorithm = { name: 'fedavg', rounds: 1, localSteps: steps, batchSize: batch, learningRate: 0.05, serverLearningRate: 1 };
  const study = { model, algorithm, seed: 1, derived: { tensors: modelTensors(model, COLUMNS) } };
  const state = initialState(study);
  const noise = {
    sampling: { numerator: (batch / PATIENTS) * 2 ** 20, bits: 20 },
    normBound: NORM_BOUND,
    variance: Math.ceil((NOISE_MULTIPLIER * NORM_BOUND) ** 2),
  };
  const seed = new Uint8Array(32);
  const words = new SystemRandomness();
  return {
    steps,
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
