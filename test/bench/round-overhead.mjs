// What a round costs besides training: real processes on loopback, a model of 1,000 parameters, one step on few rows.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Consortium, makeWorkspace, watchStudy } from '../../demo/dist/index.js';

const ROUNDS = 40;
/** The first rounds load engines and compile code. */
const WARM_UP = 8;
const ROWS = 30;

const csv = (site) =>
  `x,y,split\n${Array.from({ length: ROWS }, (_, row) => `${((row * 7 + site.length) % 10) / 10},${row % 2},${row % 5 === 0 ? 'test' : 'train'}`).join('\n')}\n`;

// 1 input and 334 hidden units: 334·(1 + 1) + 334 + 1 = 1,003 parameters.
const study = (names, hidden) => `
apiVersion: consilium/v1
kind: Study
name: overhead
purpose: To measure what a round costs besides training
cohort: { name: bench, outcome: { column: y, positive: "> 0" }, inputs: { x: { range: [0, 1] } }, split: { column: split, train: train, test: test } }
model: { type: multilayer-perceptron, hidden: [${hidden}], l2: 0 }
algorithm: { name: fedavg, rounds: ${ROUNDS}, localSteps: 1, learningRate: 0.01, maxWeight: 100 }
privacy: { mode: none }
metrics: { every: 1000 }
sites: { names: [${names.join(', ')}], roundDeadline: 60s }
release: { when: approved-in-advance }
`;

/** Milliseconds from the announcement of a round to t equal states, for each round after the warm-up. */
export async function measureRounds(sites = 4, hidden = 334) {
  const workspace = await makeWorkspace();
  const names = Array.from({ length: sites }, (_, index) => `site-${index + 1}`);
  const hospitals = [];
  for (const name of names) {
    await mkdir(join(workspace.directory, name), { recursive: true });
    const path = join(workspace.directory, name, 'rows.csv');
    await writeFile(path, csv(name));
    hospitals.push({
      name,
      populations: { bench: {} },
      cohorts: { bench: { population: 'bench', public: true, source: { type: 'csv', path } } },
      policy: { minPatients: 10 },
    });
  }
  const consortium = await Consortium.prepare({ name: 'bench', directory: workspace.directory, hospitals, shadow: false });
  try {
    await consortium.startCoordinator();
    await consortium.enrol(...names);
    for (const name of names) consortium.startAgent(name);
    const file = join(workspace.directory, 'study.yaml');
    await writeFile(file, study(names, hidden));
    const { hash } = await consortium.consilium('study', 'propose', file);
    for (const name of names) await consortium.site(name, 'study', 'approve', hash, '--release', 'in-advance', '--yes');
    await consortium.api('POST', `/studies/${hash}/launch`);
    await watchStudy(consortium, hash, { timeoutMs: 300_000, show: () => undefined, signal: AbortSignal.timeout(300_000) });
    return await roundTimes(consortium, hash);
  } finally {
    await consortium.stop();
    await workspace.remove();
  }
}

async function roundTimes(consortium, hash) {
  const times = [];
  const announced = new Map();
  for (let after = 0; ;) {
    const { items } = await consortium.api('GET', `/studies/${hash}/events?after=${after}`);
    if (items.length === 0) break;
    for (const { at, event } of items) {
      if (event.type === 'announced') announced.set(event.round, Date.parse(at));
      if (event.type === 'roundDone' && event.round > WARM_UP && event.round <= ROUNDS)
        times.push(Date.parse(at) - announced.get(event.round));
    }
    after = items.at(-1).seq;
  }
  return times.sort((one, other) => one - other);
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

export async function bench({ report }) {
  const figures = [];
  for (const sites of [4]) {
    report(`${sites} sites: coordinator and agents as processes of their own`);
    const times = await measureRounds(sites);
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
    figures.push(
      {
        figure: `roundOverheadMsP50`,
        value: p50,
        unit: 'ms',
        goal: { text: '< 150', met: p50 < 150 },
        note: `${sites} sites, ${times.length} rounds`,
      },
      { figure: `roundOverheadMsP99`, value: p99, unit: 'ms', note: `${sites} sites` },
    );
  }
  return figures;
}
