import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { studyForecast } from '@consilium/privacy';
import type { ResolvedStudy } from '@consilium/protocol';
import { measureUploadBytesPerParameter } from '@consilium/sealed-sum';
import { z } from 'zod';
import { Consortium, type HospitalPlan } from './consortium/consortium.js';
import { PROJECT_ROOT } from './consortium/programs.js';
import { locateHeartData } from './data/locate-heart-data.js';
import type { DemoOptions } from './options.js';
import type { ProgressLine } from './report/progress-line.js';
import type { DemoResult } from './report/demo-result.js';
import { readBudgets } from './study/budgets.js';
import { compare, loadHospital } from './study/comparison.js';
import { DELTA, demoStudy, plainStudy, type DemoStudy } from './study/demo-study.js';
import { checkSums } from './study/exact-sums.js';
import { comparePrivately } from './study/private-comparison.js';
import { promisesKept } from './study/promises.js';
import { ownAccuracy } from './study/site-results.js';
import { watchStudy } from './study/watch-study.js';

const STUDY_LIMIT_MS = 10 * 60_000;

export interface DemoRun {
  readonly options: DemoOptions;
  readonly directory: string;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  /** Told as soon as there is something to stop. */
  readonly started: (consortium: Consortium) => void;
}

const POPULATION = 'heart';

/** What these hospitals let all studies together cost one patient: room for a second study after a usual one. */
const populationLimit = (epsilon: number): number => Math.max(3, 1.5 * epsilon);

const hospitalPlan = (name: string, csv: string, epsilon: number): HospitalPlan => ({
  name,
  // Delta 1e-4 for 30 to 200 patients is above what a ledger takes unasked: the hospital says so explicitly.
  populations: { [POPULATION]: { privacy: { epsilonLimit: populationLimit(epsilon), delta: DELTA, largerDelta: true } } },
  cohorts: { heart: { population: POPULATION, public: true, source: { type: 'csv', path: csv } } },
  policy: { deltaMax: DELTA },
});

/** The main job: five processes, mutual TLS, one study from proposal to released model, and what came of it. */
export async function runDemo({ options, directory, progress, signal, started }: DemoRun): Promise<DemoResult> {
  const start = performance.now();
  const data = await locateHeartData({ dataDir: options.data, environment: process.env, projectRoot: PROJECT_ROOT });
  progress.say(
    data.kind === 'synthetic'
      ? `Invented patients: ${data.reason}`
      : `Data of four hospitals: ${data.kind === 'real' ? 'found' : 'from the UCI archive'}.`,
  );
  const { study, ...proposal } = await demoStudy(options);
  const csvOf = (name: string): string => join(data.directory, `${name}.csv`);
  const names = study.sites.names;

  progress.show('starting the coordinator and its database');
  const consortium = await Consortium.prepare({
    name: 'heart-demo',
    directory,
    hospitals: names.map((name) => hospitalPlan(name, csvOf(name), options.epsilon)),
    shadow: true,
  });
  started(consortium);
  await consortium.startCoordinator();
  const setup = await consortium.setupLink();
  if (setup !== undefined) progress.say(`Watch it in the console, where this link makes your account: ${setup}`);
  progress.show(`joining, and countersigning each other's keys: ${names.join(', ')}`);
  await consortium.enrol(...names);
  for (const name of names) consortium.startAgent(name);
  signal.throwIfAborted();

  const hash = await proposeAndApprove(consortium, proposal, names, progress);
  const view = await followToTheEnd(consortium, hash, progress, signal);
  progress.say(view.stateReason);

  progress.show('comparing with training alone and pooled');
  const hospitals = await Promise.all(names.map((name) => loadHospital(study, name, csvOf(name))));
  const comparison = await compare((await plainStudy()).study, hash, hospitals);
  const sums = await checkSums(new Map(names.map((name) => [name, join(consortium.siteState(name), 'shadow', hash)])));
  const privacy = await privacyFound(consortium, study, hospitals, { options, progress });
  return await result(consortium, study, hash, { comparison, sums, privacy, synthetic: data.kind === 'synthetic', start });
}

/** @returns undefined in mode `none` */
async function privacyFound(
  consortium: Consortium,
  study: ResolvedStudy,
  hospitals: Awaited<ReturnType<typeof loadHospital>>[],
  { options, progress }: Pick<DemoRun, 'options' | 'progress'>,
): Promise<DemoResult['privacy']> {
  const price = studyForecast(study);
  if (price === undefined) return undefined;
  progress.show('comparing at the same epsilon, and verifying the ledgers');
  const accuracies = await comparePrivately((await demoStudy({ ...options, privacy: 'patient/distributed' })).study, hospitals);
  const { budgets, verified } = await readBudgets(consortium, study.sites.names, POPULATION);
  return {
    delta: price.delta,
    promise: price.promise,
    ifAllOthersCollude: price.ifAllOthersCollude,
    budgets,
    ledgersVerified: verified,
    accuracyPooled: accuracies.pooled,
    accuracyLocal: accuracies.local,
  };
}

async function proposeAndApprove(
  consortium: Consortium,
  proposal: Pick<DemoStudy, 'file' | 'text'>,
  names: readonly string[],
  progress: ProgressLine,
): Promise<string> {
  const file = join(consortium.plan.directory, proposal.file);
  await writeFile(file, proposal.text);
  progress.show('proposing the study; each site signs its approval');
  const { hash } = z.looseObject({ hash: z.string() }).parse(await consortium.consilium('study', 'propose', file));
  await Promise.all(names.map((name) => consortium.site(name, 'study', 'approve', hash, '--release', 'in-advance', '--yes')));
  return hash;
}

async function followToTheEnd(
  consortium: Consortium,
  hash: string,
  progress: ProgressLine,
  signal: AbortSignal,
): ReturnType<typeof watchStudy> {
  await consortium.api('POST', `/studies/${hash}/launch`);
  const view = await watchStudy(consortium, hash, { timeoutMs: STUDY_LIMIT_MS, show: (line) => progress.show(line), signal });
  progress.end();
  return view;
}

interface Findings {
  readonly comparison: Awaited<ReturnType<typeof compare>>;
  readonly sums: Awaited<ReturnType<typeof checkSums>>;
  readonly synthetic: boolean;
  readonly privacy: DemoResult['privacy'];
  readonly start: number;
}

async function result(
  consortium: Consortium,
  study: ResolvedStudy,
  hash: string,
  { comparison, sums, synthetic, privacy, start }: Findings,
): Promise<DemoResult> {
  const sites = await Promise.all(
    study.sites.names.map(async (name) => ({
      name,
      accuracy: await ownAccuracy(consortium.siteState(name), hash),
      accuracyAlone: comparison.alone.get(name) ?? Number.NaN,
      accuracyPooled: comparison.pooled.get(name) ?? Number.NaN,
    })),
  );
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    synthetic,
    sites,
    meanAccuracy: mean(sites.map(({ accuracy }) => accuracy)),
    pooledAccuracy: mean(sites.map(({ accuracyPooled }) => accuracyPooled)),
    rounds: study.algorithm.rounds,
    sumsExact: sums.compared > 0 && sums.wrong.length === 0,
    sumsCompared: sums.compared,
    uploadBytesPerParameter: await measureUploadBytesPerParameter(1_000_000),
    mode: study.privacy.mode,
    privacy,
    promises: await promisesKept(consortium, study, hash, privacy?.ledgersVerified),
    seconds: (performance.now() - start) / 1000,
  };
}
