import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { studyForecast } from '@consilium/privacy';
import type { Consortium } from '../consortium/consortium.js';
import { PROJECT_ROOT } from '../consortium/programs.js';
import type { ProgressLine } from '../report/progress-line.js';
import { alone, amongOthers, loadSites, overResplits, overSeeds, pooled, privately } from './compare-in-memory.js';
import { groupLines } from './group-table.js';
import { StudyProcesses } from './run-in-processes.js';
import { scoreModel } from './score-model.js';
import { locateStudyData } from './study-data.js';
import { plainText, PRIVATE_TARGET, privateText } from './study-text.js';
import { ownLine, type WorkedResult } from './worked-result.js';
import type { WorkedStudy } from './worked-study.js';

export interface WorkedRun {
  readonly worked: WorkedStudy;
  readonly directory: string;
  readonly seeds: number;
  readonly splits: number;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  readonly started: (consortium: Consortium) => void;
}

/**
 * One worked study: without noise and with it, in real processes and sealed; then, in this process, what a consortium could
 * not do on private data: seeds, other splits, pooled training, each site alone.
 */
export async function runWorkedStudy({ worked, directory, seeds, splits, progress, signal, started }: WorkedRun): Promise<WorkedResult> {
  const start = performance.now();
  const { measures } = worked;
  const data = locateStudyData(worked, process.env, PROJECT_ROOT);
  const files = join(directory, 'data');
  await mkdir(files, { recursive: true });
  progress.show('dealing out the data');
  const sources = await worked.prepare(data, files);
  const plain = await plainText(PROJECT_ROOT, worked);
  const sites = await loadSites(plain.study, sources);
  const patients = new Map(sites.map(({ site, cohort }) => [site, cohort.train.patientCount]));
  const noisy = await privateText(PROJECT_ROOT, worked, patients);
  const price = studyForecast(noisy.study);
  if (price === undefined) throw new TypeError('a private study without a price');

  const processes = await StudyProcesses.start(
    { directory, sources, cohort: worked.cohort, progress, signal, started },
    plain.study.sites.names,
  );
  const released = await processes.released(plain);
  const releasedPrivate = await processes.released(noisy);
  const { budgets, verified } = await processes.budgets();

  const ofPlain = await scoreModel(plain.study, released, sites, measures);
  const noisySites = await loadSites(noisy.study, sources);
  const ofNoisy = await scoreModel(noisy.study, releasedPrivate, noisySites, measures);
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    progress.show(what);
    return work();
  };
  const bySeed = await step(`${seeds} seeds`, () => overSeeds(worked, plain, sites, seeds));
  const { ownPart } = worked;
  const bySeedWithOwn = ownPart
    ? await step(`${seeds} seeds, ${ownPart.what}`, async () =>
        overSeeds(worked, await plainText(PROJECT_ROOT, worked, ownPart.change), sites, seeds),
      )
    : [];
  const { otherSites } = worked;
  const others = otherSites
    ? await step(otherSites.what, async () => {
        const place = join(directory, 'others');
        await mkdir(place, { recursive: true });
        return amongOthers(worked, (changes) => plainText(PROJECT_ROOT, worked, changes), await otherSites.prepare(data, place));
      })
    : undefined;
  const together = await step('pooled training', async () =>
    pooled(worked, await plainText(PROJECT_ROOT, worked, worked.pooledChange), sites),
  );
  const own = await step('each site alone', () => alone(worked, plain, sites));
  const draws = await step(`${seeds} draws of noise`, () => privately(worked, noisy, noisySites, seeds));
  const testRows = sites.reduce((sum, { cohort }) => sum + cohort.test.y.length, 0);
  const trainRows = sites.reduce((sum, { cohort }) => sum + cohort.train.y.length, 0);
  const testShare = testRows / (testRows + trainRows);
  const splitAnew = await step(`${splits} other splits`, () => overResplits(worked, plain, { data, testShare, splits }));
  const groups = [];
  for (const column of worked.groups) groups.push(...(await groupLines(plain.study, released, sources, { column, measures })));
  progress.end();

  const figures = { released: ofPlain, seeds: bySeed, ownPart: bySeedWithOwn, pooledTraining: together };
  return {
    lines: [
      ownLine('federated, sealed, in processes', [ofPlain]),
      ownLine(`federated, ${seeds} seeds`, bySeed),
      ...(ownPart ? [ownLine(`federated, ${ownPart.what}, ${seeds} seeds`, bySeedWithOwn)] : []),
      ...(splits === 0 ? [] : [ownLine(`federated, ${splits} other splits`, splitAnew)]),
      ownLine('pooled training', [together]),
      ownLine('each site alone', [own]),
      ...(others && otherSites
        ? [ownLine(`federated, ${otherSites.what}`, [others.federated]), ownLine(`pooled training, ${otherSites.what}`, [others.pooled])]
        : []),
      ownLine(`epsilon ${PRIVATE_TARGET.epsilon}, sealed, in processes`, [ofNoisy]),
      ownLine(`epsilon ${PRIVATE_TARGET.epsilon}, ${seeds} draws`, draws),
    ],
    bySite: new Map(sites.map(({ site }) => [site, ofPlain.map((score) => score.bySite.get(site) ?? Number.NaN)])),
    groups,
    privacy: {
      delta: price.delta,
      epsilon: price.promise.rdp,
      epsilonIfAllOthersCollude: price.ifAllOthersCollude.rdp,
      noiseMultiplier: noisy.study.privacy.mode === 'none' ? 0 : noisy.study.privacy.noiseMultiplier,
      budgets,
      ledgersVerified: verified,
    },
    goals: worked.goals.map(({ text, reached }) => ({ text, reached: reached(figures) })),
    seconds: (performance.now() - start) / 1000,
  };
}
