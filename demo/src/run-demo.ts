import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseYaml, resolveStudy, StudyFile, type ResolvedStudy } from '@consilium/protocol';
import { measureUploadBytesPerParameter } from '@consilium/sealed-sum';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { Consortium, type HospitalPlan } from './consortium/consortium.js';
import { PROJECT_ROOT } from './consortium/programs.js';
import { locateHeartData } from './data/locate-heart-data.js';
import type { DemoOptions } from './options.js';
import type { ProgressLine } from './report/progress-line.js';
import type { DemoResult } from './report/table.js';
import { compare, loadHospital } from './study/comparison.js';
import { checkSums } from './study/exact-sums.js';
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

/** The study file of the demo, with the rounds that were asked for. */
async function studyText(rounds: number | undefined): Promise<string> {
  const text = await readFile(join(PROJECT_ROOT, 'demo/heart.yaml'), 'utf8');
  if (rounds === undefined) return text;
  const document = parseDocument(text);
  document.setIn(['algorithm', 'rounds'], rounds);
  return document.toString();
}

const hospitalPlan = (name: string, csv: string): HospitalPlan => ({
  name,
  // Delta 1e-4 for 30 to 200 patients is above what a ledger takes unasked: the hospital says so explicitly.
  populations: { heart: { privacy: { epsilonLimit: 3, delta: 1e-4, largerDelta: true } } },
  cohorts: { heart: { population: 'heart', public: true, source: { type: 'csv', path: csv } } },
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
  const text = await studyText(options.rounds);
  const study = resolveStudy(parseYaml(text, StudyFile, 'study file demo/heart.yaml'), sealParameters);
  const csvOf = (name: string): string => join(data.directory, `${name}.csv`);
  const names = study.sites.names;

  progress.show('starting the coordinator and its database');
  const consortium = await Consortium.prepare({
    name: 'heart-demo',
    directory,
    hospitals: names.map((name) => hospitalPlan(name, csvOf(name))),
    shadow: true,
  });
  started(consortium);
  await consortium.startCoordinator();
  progress.show(`joining, and countersigning each other's keys: ${names.join(', ')}`);
  await consortium.enrol(...names);
  for (const name of names) consortium.startAgent(name);
  signal.throwIfAborted();

  const hash = await proposeAndApprove(consortium, text, names, progress);
  const view = await followToTheEnd(consortium, hash, progress, signal);
  progress.say(view.stateReason);

  progress.show('comparing with training alone and pooled');
  const comparison = await compare(study, hash, await Promise.all(names.map((name) => loadHospital(study, name, csvOf(name)))));
  const sums = await checkSums(new Map(names.map((name) => [name, join(consortium.siteState(name), 'shadow', hash)])));
  return await result(consortium, study, hash, { comparison, sums, synthetic: data.kind === 'synthetic', privacy: options.privacy, start });
}

async function proposeAndApprove(consortium: Consortium, text: string, names: readonly string[], progress: ProgressLine): Promise<string> {
  const file = join(consortium.plan.directory, 'heart.yaml');
  await writeFile(file, text);
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
  readonly privacy: string;
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
    privacy,
    promises: await promisesKept(consortium, study, hash),
    seconds: (performance.now() - start) / 1000,
  };
}
