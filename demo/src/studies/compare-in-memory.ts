import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortSource, loadCohort } from '@consilium/cohort';
import { trainPrivatelyInMemory, trainSitesInMemory, wholeState, type ModelState } from '@consilium/learning';
import { SystemRandomness } from '@consilium/privacy/mechanism';
import type { ResolvedStudy } from '@consilium/protocol';
import { resplit, type Resplit } from './resplit.js';
import { allTraining, scoreModel, type SiteRows } from './score-model.js';
import type { StudyText } from './study-text.js';
import type { Score, SiteSource, StudyChanges, WorkedStudy } from './worked-study.js';

/** Loads each site's file by the study's schema, as the sites do. */
export async function loadSites(study: ResolvedStudy, sources: ReadonlyMap<string, SiteSource>): Promise<readonly SiteRows[]> {
  const loaded: SiteRows[] = [];
  for (const site of study.sites.names) {
    const source = sources.get(site);
    if (source === undefined) throw new TypeError(`study ${study.name} names a site without data: ${site}`);
    loaded.push({ site, cohort: await loadCohort({ source: CohortSource.parse(source), schema: study.cohort }) });
  }
  return loaded;
}

const withSeed = (study: ResolvedStudy, seed: number): ResolvedStudy => ({ ...study, seed });

/**
 * The study without noise, all in one process: the same arithmetic as the sites', nothing sealed.
 * @returns what each site predicts with: the common model and, where sites learn something for themselves, its own part
 */
async function federated(study: ResolvedStudy, hash: string, sites: readonly SiteRows[]): Promise<(site: string) => ModelState> {
  const training = sites.filter(({ cohort }) => cohort.train.y.length > 0);
  const { state, sites: held } = await trainSitesInMemory({ study, studyHash: hash, sites: training.map(({ cohort }) => cohort.train) });
  const common = wholeState(study, state);
  const own = new Map(training.map(({ site }, index) => [site, held[index]]));
  return (site) => own.get(site) ?? common;
}

/** @returns scores by measure, one list a seed */
export async function overSeeds(
  worked: WorkedStudy,
  { study, hash }: StudyText,
  sites: readonly SiteRows[],
  seeds: number,
): Promise<readonly (readonly Score[])[]> {
  const found: (readonly Score[])[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    // Another hash, other batches: a seed stands for a study of its own.
    const state = await federated(withSeed(study, seed), `${seed}${hash.slice(String(seed).length)}`, sites);
    found.push(await scoreModel(study, state, sites, worked.measures));
  }
  return found;
}

/** One model of all rows in one place. */
export async function pooled(worked: WorkedStudy, { study, hash }: StudyText, sites: readonly SiteRows[]): Promise<readonly Score[]> {
  const [state] = (await trainSitesInMemory({ study, studyHash: hash, sites: [allTraining(sites)] })).sites;
  return scoreModel(study, () => state, sites, worked.measures);
}

/** A model of each site's own rows, tested on its own. */
export async function alone(worked: WorkedStudy, { study, hash }: StudyText, sites: readonly SiteRows[]): Promise<readonly Score[]> {
  const states = new Map<string, ModelState>();
  for (const { site, cohort } of sites)
    if (cohort.train.y.length > 0) {
      const [state] = (await trainSitesInMemory({ study, studyHash: hash, sites: [cohort.train] })).sites;
      if (state) states.set(site, state);
    }
  return scoreModel(study, (site) => states.get(site), sites, worked.measures);
}

/**
 * The study among other sites.
 * @returns federated, and pooled training of the same rows; both scored on the test rows of these sites
 */
export async function amongOthers(
  worked: WorkedStudy,
  textOf: (changes: StudyChanges) => Promise<StudyText>,
  sources: ReadonlyMap<string, SiteSource>,
): Promise<{ readonly federated: readonly Score[]; readonly pooled: readonly Score[] }> {
  const text = await textOf([[['sites'], { names: [...sources.keys()].sort() }]]);
  const sites = await loadSites(text.study, sources);
  const states = await federated(text.study, text.hash, sites);
  return { federated: await scoreModel(text.study, states, sites, worked.measures), pooled: await pooled(worked, text, sites) };
}

/** The study with noise over several draws, as the sites would run it. */
export async function privately(
  worked: WorkedStudy,
  { study }: StudyText,
  sites: readonly SiteRows[],
  draws: number,
): Promise<readonly (readonly Score[])[]> {
  const { noise } = study.derived;
  if (study.privacy.mode === 'none' || noise === undefined) throw new TypeError('a study without noise');
  const { clip } = study.privacy;
  const sizes = study.sites.publicSizes ?? {};
  const found: (readonly Score[])[] = [];
  for (let draw = 0; draw < draws; draw += 1) {
    const state = await trainPrivatelyInMemory({
      study,
      noise,
      clip,
      sites: sites.map(({ site, cohort }) => ({
        rows: cohort.train,
        publicSize: Object.entries(sizes).find(([name]) => name === site)?.[1] ?? 20,
      })),
      words: new SystemRandomness(),
    });
    found.push(await scoreModel(study, state, sites, worked.measures));
  }
  return found;
}

/** The same study on other splits of the same patients. */
export async function overResplits(
  worked: WorkedStudy,
  text: StudyText,
  input: { readonly data: string; readonly testShare: number; readonly splits: number },
): Promise<readonly (readonly Score[])[]> {
  const found: (readonly Score[])[] = [];
  for (let number = 1; number <= input.splits; number += 1)
    found.push(await onResplit(worked, text, input.data, resplit(number, input.testShare)));
  return found;
}

async function onResplit(worked: WorkedStudy, { study, hash }: StudyText, data: string, split: Resplit): Promise<readonly Score[]> {
  const directory = await mkdtemp(join(tmpdir(), 'consilium-resplit-'));
  try {
    const sites = await loadSites(study, await worked.prepare(data, directory, split));
    return await scoreModel(study, await federated(study, hash, sites), sites, worked.measures);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
