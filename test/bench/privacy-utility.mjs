// What privacy costs in accuracy: heart disease, mean of four hospitals' own test rows, 30 paired seeds, one fixed recipe
// (demo/heart-private.yaml) that was tuned on nothing. Noise is drawn from a seed so that methods are paired; real sites
// draw it from the operating system.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCohort } from '@consilium/cohort';
import { accuracy, concatenateRows, trainPrivatelyInMemory } from '@consilium/learning';
import { noiseForStudy } from '@consilium/privacy';
import { noiseAt, parseYaml, publicSize, resolveStudy, StudyFile } from '@consilium/protocol';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { splitRows } from './privacy-utility/split-rows.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
const EPSILONS = [5, 1, 0.5, 0.3, 0.1];
const DELTA = 1e-4;
const SEEDS = 30;

function dataFolder() {
  const found = [process.env.CONSILIUM_DATA, join(ROOT, '../shared/data')].find(
    (folder) => folder && existsSync(join(folder, 'heart-disease')),
  );
  if (!found) throw new Error('The heart-disease files are needed: set CONSILIUM_DATA to the folder that holds heart-disease/.');
  return join(found, 'heart-disease');
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const error = (values) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1) / values.length);

export async function bench({ report }) {
  const text = readFileSync(join(ROOT, 'demo/heart-private.yaml'), 'utf8');
  const file = parseYaml(text, StudyFile, 'study');
  const study = resolveStudy(file, sealParameters);
  const { names, publicSizes } = study.sites;
  const folder = dataFolder();
  const hospitals = await Promise.all(
    names.map(async (name) => ({
      size: publicSizes[name],
      cohort: await loadCohort({ source: { type: 'csv', path: join(folder, `${name}.csv`) }, schema: study.cohort }),
    })),
  );
  const four = hospitals.map(({ size, cohort }) => ({ rows: cohort.train, publicSize: size }));
  const sixteen = hospitals.flatMap(({ cohort }) =>
    splitRows(cohort.train, 4).map((rows) => ({ rows, publicSize: publicSize(rows.patientCount) })),
  );
  const pooled = [
    {
      rows: concatenateRows(hospitals.map(({ cohort }) => cohort.train)),
      publicSize: four.reduce((sum, site) => sum + site.publicSize, 0),
    },
  ];
  const learning = { ...study, model: study.model, algorithm: study.algorithm };
  /**
   * @param planned - the study at the noise of an epsilon, by the accountant that approvals go by
   * @param honest - sites whose noise counts: m − c
   */
  const score = async (sites, planned, honest, seed) => {
    const { parameterCount, noise: derived } = planned.derived;
    const noise = noiseAt(planned.privacy, derived.normBound, { dimension: parameterCount, honest, tableMultiplier: undefined });
    const state = await trainPrivatelyInMemory({
      study: learning,
      noise,
      clip: study.privacy.clip,
      sites,
      words: new SeededRandomness(`utility ${seed}`),
    });
    return mean(await Promise.all(hospitals.map(({ cohort }) => accuracy({ study: learning, state, rows: cohort.test }))));
  };
  const figures = [];
  for (const epsilon of EPSILONS) {
    const asked = { ...file, privacy: { ...file.privacy, delta: DELTA } };
    const planned = resolveStudy(noiseForStudy(asked, { epsilon, ledgers: [] }, sealParameters), sealParameters);
    const multiplier = planned.privacy.noiseMultiplier;
    const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
    const scores = {};
    // Thresholds of 4 and 16 sites at the default c and the smallest m: m − c of them must be honest.
    for (const [method, sites, honest] of [
      ['pooled', pooled, 1],
      ['distributed4', four, 2],
      ['local4', four, 1],
      ['distributed16', sixteen, 6],
      ['local16', sixteen, 1],
    ])
      scores[method] = await Promise.all(seeds.map((seed) => score(sites, planned, honest, seed)));
    for (const [method, values] of Object.entries(scores)) {
      const paired = values.map((value, seed) => value - scores.pooled[seed]);
      figures.push({
        figure: `${method}Epsilon${String(epsilon).replace('.', '_')}`,
        value: Number(mean(values).toFixed(4)),
        note: `± ${error(values).toFixed(4)}, against pooled ${mean(paired).toFixed(4)} ± ${error(paired).toFixed(4)}`,
        ...(method === 'distributed4' && epsilon === 1
          ? { goal: { met: mean(values) >= 0.8 && mean(paired) >= -0.01, text: '≥ 0.80, within 0.01 of pooled' } }
          : {}),
        ...(method === 'distributed4' && epsilon === 0.5 ? { goal: { met: mean(values) >= 0.8, text: '≥ 0.80' } } : {}),
      });
      report(`epsilon ${epsilon} (noise multiplier ${multiplier.toFixed(2)}) ${method}: ${mean(values).toFixed(4)}`);
    }
    for (const sites of [4, 16]) {
      const paired = scores[`distributed${sites}`].map((value, seed) => value - scores[`local${sites}`][seed]);
      const worst = -2 * error(paired);
      figures.push({
        figure: `distributedOverLocal${sites}Epsilon${String(epsilon).replace('.', '_')}`,
        value: Number(mean(paired).toFixed(4)),
        goal: { met: mean(paired) >= worst, text: '≥ −2 standard errors' },
        note: `± ${error(paired).toFixed(4)}`,
      });
    }
  }
  return figures;
}
