// One step of training with privacy for single patients against one without, at the same rows and the same mean batch: both
// as a site runs them, `trainPrivately` and `trainLocally`, divided by their steps. PROTOCOL.md section 6.
// `--full`: also a wider network, where the passes over each patient's vector weigh most.
import { initialState, trainLocally, trainPrivately } from '@consilium/learning';
import { addPatient, boundPatient, DiscreteGaussian, normRule, SystemRandomness } from '@consilium/privacy/mechanism';
import { modelTensors, parameterCount } from '@consilium/protocol';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { PatientGradients } from '../../libs/learning/dist/training/patient-gradients.js';
import { PatientRows } from '../../libs/learning/dist/training/patient-rows.js';
import { alternate, atMost, rounded } from './measure/alternate.mjs';

const COLUMNS = 20;
const PATIENTS = 2048;
const BATCHES = [64, 256];
const GOAL = 1.5;
const CLIP = 1;
const NOISE_MULTIPLIER = 1;
/** S: rounding to the nearest integer up to 65,536 parameters, as studies of this size get. */
const NORM_BOUND = 1024;

const network = (...hidden) => ({ type: 'multilayer-perceptron', hidden, activation: 'tanh', l2: 0 });
/** Steps of one run: enough that loading weights and reading them back is next to nothing. */
const MODELS = [
  { name: 'logistic', model: { type: 'logistic-regression', l2: 0 }, steps: 200 },
  { name: 'mlp', model: network(64, 32), steps: 40 },
];
const WIDE = { name: 'wideMlp', model: network(256, 128), steps: 8 };

/** One record a patient; the outcome follows the first column. */
function someRows() {
  const words = new SeededRandomness('private-step rows');
  const x = Float32Array.from({ length: PATIENTS * COLUMNS }, () => words.next() / 2 ** 30 - 2);
  const y = Float32Array.from({ length: PATIENTS }, (_, row) => (x[row * COLUMNS] > 0 ? 1 : 0));
  return { x, y, patients: Int32Array.from({ length: PATIENTS }, (_, row) => row), patientCount: PATIENTS };
}

function studyOf(model, batchSize, localSteps) {
  const algorithm = { name: 'fedavg', rounds: 1, localSteps, batchSize, learningRate: 0.05, serverLearningRate: 1 };
  return { model, algorithm, seed: 1, derived: { tensors: modelTensors(model, COLUMNS) } };
}

/** Gradients of the first patients, as a private step meets them; no more of them than a small cache holds anyway. */
function someGradients({ derived, model }, { weights }, rows) {
  const gradients = new PatientGradients(derived.tensors, weights, model.activation ?? 'tanh');
  const records = new PatientRows(rows);
  return Array.from({ length: 8 }, (_, patient) => gradients.of(patient, rows, records).slice());
}

/** What a step does besides gradients: noise for each parameter, and each patient's clip, rounding, check and addition. */
function integerPart(gradients, { variance }, patients) {
  const words = new SystemRandomness();
  const dimension = gradients[0].length;
  const rule = normRule(dimension, CLIP, NORM_BOUND);
  const gaussian = new DiscreteGaussian(variance);
  const vector = new Int32Array(dimension);
  return {
    noise: () => gaussian.drawInto(new Int32Array(dimension), words),
    rounding: () => {
      const sum = new Float64Array(dimension);
      for (let patient = 0; patient < patients; patient += 1) {
        boundPatient(gradients[patient % gradients.length], rule, words, vector);
        addPatient(sum, vector);
      }
    },
  };
}

const repeated = (times, thing) => () => {
  for (let time = 0; time < times; time += 1) thing();
};

async function measure({ name, model, steps }, batch, rows) {
  const study = studyOf(model, batch, steps);
  const state = initialState(study);
  const dimension = parameterCount(study.derived.tensors);
  const noise = {
    sampling: { numerator: (batch / PATIENTS) * 2 ** 20, bits: 20 },
    normBound: NORM_BOUND,
    variance: Math.ceil((NOISE_MULTIPLIER * NORM_BOUND) ** 2),
  };
  const seed = new Uint8Array(32);
  const part = integerPart(someGradients(study, state, rows), noise, batch);
  const words = new SystemRandomness();
  const seconds = await alternate(
    {
      plain: () => trainLocally({ study, state, rows, seed }),
      private: () => trainPrivately({ study, noise, clip: CLIP, state, rows, publicSize: PATIENTS, words }),
      noise: repeated(steps, part.noise),
      rounding: repeated(steps, part.rounding),
    },
    // Both run in one thread; the process's time is less moved by what else the machine does.
    { rounds: 11, warmUp: 3, clock: 'cpu' },
  );
  const ms = (all) => (1000 * all) / steps;
  const ratio = seconds.private / seconds.plain;
  const figure = (what, value, more) => ({
    figure: `${name}${batch} ${what}`,
    path: [`${name}${batch}`, what],
    value: rounded(value),
    ...more,
  });
  return [
    figure('ratio', ratio, { goal: atMost(GOAL, ratio), note: `${dimension} parameters, ${batch} of ${PATIENTS} patients a step` }),
    figure('privateMs', ms(seconds.private), {
      unit: 'ms',
      note: 'noise, Poisson sample of a changing size, gradients patient by patient in 64 bits, clip, rounding, sum, descent',
    }),
    figure('plainMs', ms(seconds.plain), {
      unit: 'ms',
      note: 'batch copied to the engine, its mean gradient in 32 bits on WebAssembly, descent; no sampling, clip or noise',
    }),
    figure('integerPartMs', ms(seconds.noise + seconds.rounding), {
      unit: 'ms',
      note: `of privateMs, run alone: noise ${rounded(ms(seconds.noise))}, clip and rounding and sum ${rounded(ms(seconds.rounding))}`,
    }),
  ];
}

export async function bench({ full, report }) {
  const rows = someRows();
  const figures = [];
  for (const each of full ? [...MODELS, WIDE] : MODELS)
    for (const batch of BATCHES) {
      report(`${each.name}, batch ${batch} …`);
      figures.push(...(await measure(each, batch, rows)));
    }
  return figures;
}
