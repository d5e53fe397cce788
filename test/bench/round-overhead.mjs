// What a round costs besides training: real processes on loopback, a model of 1,000 parameters, one step on few rows.
// Where other things use the disk, TMPDIR on a file system in memory leaves out its waits.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Consortium, makeWorkspace } from '../../demo/dist/index.js';
import { atMost, rounded } from './measure/alternate.mjs';
import { diskWaitMs } from './measure/disk-wait.mjs';
import { consortiumCpu } from './measure/process-cpu.mjs';
import { quantile, roundSteps, STEPS } from './measure/round-steps.mjs';
import { topFunctions } from './measure/top-functions.mjs';

/** A block has 64 seats: the last rounds use a second one. */
const ROUNDS = 70;
/** The first rounds load engines and compile code. */
const WARM_UP = 8;
const ROWS = 30;
const LIMIT_MS = 600_000;
/** Each look costs the coordinator a request: seldom enough not to be seen in the figures. */
const LOOK_MS = 500;

const csv = (site) =>
  `x,y,split\n${Array.from({ length: ROWS }, (_, row) => `${((row * 7 + site.length) % 10) / 10},${row % 2},${row % 5 === 0 ? 'test' : 'train'}`).join('\n')}\n`;

// 1 input and 334 hidden units: 334·(1 + 1) + 334 + 1 = 1,003 parameters.
const study = (names, hidden, rounds) => `
apiVersion: consilium/v1
kind: Study
name: overhead
purpose: To measure what a round costs besides training
cohort: { name: bench, outcome: { column: y, positive: "> 0" }, inputs: { x: { range: [0, 1] } }, split: { column: split, train: train, test: test } }
model: { type: multilayer-perceptron, hidden: [${hidden}], l2: 0 }
algorithm: { name: fedavg, rounds: ${rounds}, localSteps: 1, learningRate: 0.01, maxWeight: 100 }
privacy: { mode: none }
metrics: { every: 1000 }
sites: { names: [${names.join(', ')}], roundDeadline: 60s }
release: { when: approved-in-advance }
`;

/** A folder of profiles for the coordinator and one site; the others run without. */
const profiled = (directory) => ({
  coordinatorEnvironment: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(directory, 'coordinator')}` },
  siteEnvironment: (site) => (site === 'site-1' ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(directory, 'site')}` } : {}),
});

/**
 * Runs a study and times its rounds.
 * @param profile - folder for CPU profiles; they cost time themselves
 * @returns `rounds` after the warm-up with their steps, `openings` of blocks of seats, `cpu` in milliseconds a round
 */
export async function measureRounds(sites = 4, { hidden = 334, rounds = ROUNDS, profile } = {}) {
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
  const plan = { name: 'bench', directory: workspace.directory, hospitals, shadow: false };
  const consortium = await Consortium.prepare({ ...plan, ...(profile ? profiled(profile) : {}) });
  try {
    await consortium.startCoordinator();
    await consortium.enrol(...names);
    for (const name of names) consortium.startAgent(name);
    const file = join(workspace.directory, 'study.yaml');
    await writeFile(file, study(names, hidden, rounds));
    const { hash } = await consortium.consilium('study', 'propose', file);
    for (const name of names) await consortium.site(name, 'study', 'approve', hash, '--release', 'in-advance', '--yes');
    await consortium.api('POST', `/studies/${hash}/launch`);
    const { thresholds } = await consortium.api('GET', `/studies/${hash}`);
    const measured = await follow(consortium, hash, { t: thresholds.t, rounds });
    return { ...measured, diskWait: diskWaitMs(workspace.directory) };
  } finally {
    await consortium.stop();
    await workspace.remove();
  }
}

/** Reads the record now and then, and with it what the processes have used up to the round that it reached. */
async function follow(consortium, hash, { t, rounds: last }) {
  const items = [];
  const looks = [];
  for (const limit = performance.now() + LIMIT_MS; performance.now() < limit;) {
    const page = await consortium.api('GET', `/studies/${hash}/events?after=${items.at(-1)?.seq ?? 0}`);
    items.push(...page.items);
    if (page.items.length >= 500) continue;
    const { rounds, openings } = roundSteps(items, t);
    const done = rounds.length;
    if (done > WARM_UP && done <= last) looks.push({ done, cpu: consortiumCpu(consortium) });
    const end = items.findLast(({ event }) => event.type === 'ended');
    if (end && end.event.outcome !== 'done') throw new Error(`the study ${end.event.outcome}: ${end.event.reason}`);
    if (end) {
      const measured = rounds.filter(({ round }) => round > WARM_UP && round <= last);
      return { rounds: measured, openings, cpu: cpuPerRound(looks.at(0), looks.at(-1)) };
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`no end of the study within ${LIMIT_MS / 1000} s`);
}

/** CPU milliseconds a round between two looks; nothing where the study was too quick for two. */
function cpuPerRound(first, last) {
  if (!first || first.done === last.done) return undefined;
  return Object.fromEntries(Object.keys(first.cpu).map((name) => [name, (last.cpu[name] - first.cpu[name]) / (last.done - first.done)]));
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const ascending = (numbers) => numbers.toSorted((one, other) => one - other);

function figuresOf(sites, { rounds, openings, cpu, diskWait }) {
  const at = `sites${sites}`;
  const totals = ascending(rounds.map(({ total }) => total));
  const quantiles = { p50: quantile(totals, 0.5), p99: quantile(totals, 0.99) };
  const steps = Object.fromEntries(STEPS.map((step) => [step, quantile(ascending(rounds.map((round) => round.steps[step])), 0.5)]));
  const periods = rounds.slice(1).map(({ announced }, index) => announced - rounds[index].announced);
  const period = quantile(ascending(periods), 0.5);
  const figure = (name, value, rest = {}) => ({ figure: `${name}.${at}`, value, unit: 'ms', path: [name, at], ...rest });
  const goals = { p50: 100, p99: 250 };
  return [
    ...Object.entries(quantiles).map(([name, value]) => ({
      ...figure('roundOverheadMs', value, { goal: atMost(goals[name], value), note: `${rounds.length} rounds` }),
      figure: `roundOverheadMs.${at}.${name}`,
      path: ['roundOverheadMs', at, name],
    })),
    figure('roundStepMs', steps, { text: STEPS.map((step) => `${step} ${steps[step]}`).join(', '), note: 'medians' }),
    figure('roundPeriodMs', period, { note: 'from one announcement to the next, median' }),
    figure('blockOpeningMs', openings.at(-1)?.ms, { note: `${openings.length} blocks of seats; the last one` }),
    figure('diskWaitMs', rounded(diskWait), { note: 'of one durable line, after the study; a round waits for some thirty in turn' }),
    ...(cpu ? cpuFigures(figure, cpu, sites, period) : []),
  ];
}

/** Where `coresBusy` nears the number of cores, rounds cannot be quicker than the CPU time divided by it. */
function cpuFigures(figure, cpu, sites, period) {
  const all = sum(Object.values(cpu));
  const parts = Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, rounded(ms)]));
  const perSite = (cpu.agentsMain + cpu.agentsThreads) / sites;
  return [
    figure('cpuMsPerRound', rounded(all), { note: `of all processes; keeps ${rounded(all / period)} cores busy` }),
    figure('cpuMsPerRoundOf', parts, {
      text: Object.entries(parts)
        .map(([name, ms]) => `${name} ${ms}`)
        .join(', '),
    }),
    figure('cpuMsPerRoundAndSite', rounded(perSite)),
  ];
}

export async function bench({ report, profile, sites: only }) {
  const figures = [];
  for (const sites of only ? [only] : [4, 16]) {
    report(`${sites} sites: coordinator and agents as processes of their own`);
    figures.push(...figuresOf(sites, await measureRounds(sites, { profile })));
  }
  if (profile)
    for (const who of ['coordinator', 'site'])
      for (const { thread, self, total } of topFunctions(join(profile, who), 14)) {
        const name = `${who}, thread ${thread}`;
        report(`${name}, by own time:\n  ${self.join('\n  ')}\n${name}, with what they call:\n  ${total.join('\n  ')}`);
      }
  return figures;
}
