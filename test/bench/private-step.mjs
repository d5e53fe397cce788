// One step of training with privacy for single patients against one without, at the same rows and the same mean batch: both
// as a site runs them, `trainPrivately` and `trainLocally`, divided by their steps. PROTOCOL.md section 6.
// `--full`: also a wider network, where the passes over each patient's vector and the noise weigh most.
import { DiscreteGaussian } from '@consilium/privacy/mechanism';
import { alternate, atMost, rounded } from './measure/alternate.mjs';
import { peakMemory } from './private-step/peak-memory.mjs';
import { MODELS, setting } from './private-step/setting.mjs';

const CASES = [
  ['logistic', 64],
  ['logistic', 256],
  ['mlp', 64],
  ['mlp', 256],
  ['reluMlp', 256],
  ['cnn', 256],
];
const WIDE = [
  ['wideMlp', 64],
  ['wideMlp', 256],
];
const MEMORY_GOAL = 1.2;

async function measure(name, batch) {
  const { run, steps, rounds, dimension, patients, variance, words } = setting(name, batch);
  const gaussian = new DiscreteGaussian(variance);
  const noise = () => {
    for (let step = 0; step < steps; step += 1) gaussian.drawInto(new Int32Array(dimension), words);
  };
  // Both run in one thread; the process's time is less moved by what else the machine does.
  const seconds = await alternate({ ...run, noise }, { rounds, warmUp: 3, clock: 'cpu' });
  const memory = { plain: await peakMemory(name, batch, 'plain'), private: await peakMemory(name, batch, 'private') };
  const ms = (all) => (1000 * all) / steps;
  const ratio = seconds.private / seconds.plain;
  const memoryRatio = memory.private / memory.plain;
  const figure = (what, value, more) => ({
    figure: `${name}${batch} ${what}`,
    path: [`${name}${batch}`, what],
    value: rounded(value),
    ...more,
  });
  return [
    figure('ratio', ratio, {
      goal: atMost(MODELS[name].goal, ratio),
      note: `${dimension} parameters, ${batch} of ${patients} patients a step`,
    }),
    figure('privateMs', ms(seconds.private), {
      unit: 'ms',
      note: 'noise, Poisson sample of a changing size, gradients patient by patient, clip, rounding, check, sum, descent; compiled kernels',
    }),
    figure('plainMs', ms(seconds.plain), {
      unit: 'ms',
      note: 'batch copied to the engine, its mean gradient in 32 bits on WebAssembly, descent; no sampling, clip or noise',
    }),
    figure('noiseMs', ms(seconds.noise), { unit: 'ms', note: 'of privateMs, run alone: exact noise for each parameter' }),
    figure('memoryRatio', memoryRatio, {
      goal: atMost(MEMORY_GOAL, memoryRatio),
      note: `peak resident memory of a process of such steps: private ${rounded(memory.private)} MiB, plain ${rounded(memory.plain)} MiB`,
    }),
  ];
}

export async function bench({ full, report }) {
  const figures = [];
  for (const [name, batch] of full ? [...CASES, ...WIDE] : CASES) {
    report(`${name}, batch ${batch} …`);
    figures.push(...(await measure(name, batch)));
  }
  return figures;
}
