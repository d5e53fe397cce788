import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelState } from '@consilium/learning';
import { z } from 'zod';
import { Consortium, type HospitalPlan } from '../consortium/consortium.js';
import type { ProgressLine } from '../report/progress-line.js';
import { readBudgets, type Budgets } from '../study/budgets.js';
import { watchStudy } from '../study/watch-study.js';
import { releasedState } from './released-state.js';
import { PRIVATE_TARGET, type StudyText } from './study-text.js';
import type { SiteSource } from './worked-study.js';

const STUDY_LIMIT_MS = 60 * 60_000;
/** Room for one study with privacy and a little more. */
const POPULATION = { name: 'patients', epsilonLimit: 4 } as const;

export interface ProcessRun {
  readonly directory: string;
  readonly sources: ReadonlyMap<string, SiteSource>;
  readonly cohort: string;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  readonly started: (consortium: Consortium) => void;
}

const hospital = (name: string, cohort: string, source: SiteSource): HospitalPlan => ({
  name,
  populations: { [POPULATION.name]: { privacy: { epsilonLimit: POPULATION.epsilonLimit, delta: PRIVATE_TARGET.delta } } },
  cohorts: { [cohort]: { population: POPULATION.name, public: true, source } },
  policy: { minPatients: 1, deltaMax: PRIVATE_TARGET.delta },
});

/** A coordinator and the sites of a worked study as real processes. */
export class StudyProcesses {
  private constructor(
    private readonly run: ProcessRun,
    private readonly consortium: Consortium,
    private readonly sites: readonly string[],
  ) {}

  static async start(run: ProcessRun, sites: readonly string[]): Promise<StudyProcesses> {
    const consortium = await Consortium.prepare({
      name: 'worked-study',
      directory: run.directory,
      hospitals: sites.map((name) => hospital(name, run.cohort, run.sources.get(name) ?? { type: 'csv' })),
      shadow: false,
    });
    run.started(consortium);
    run.progress.show('starting the coordinator and its database');
    await consortium.startCoordinator();
    run.progress.show(`${sites.length} sites join and countersign each other's keys`);
    await consortium.enrol(...sites);
    for (const name of sites) consortium.startAgent(name);
    return new StudyProcesses(run, consortium, sites);
  }

  /** From proposal to released model, all of it sealed. @throws ConsiliumError where the study does not end well */
  async released({ text, study, hash }: StudyText): Promise<ModelState> {
    const { consortium, run } = this;
    const { progress, signal } = run;
    const file = join(run.directory, `${study.name}.yaml`);
    await writeFile(file, text);
    progress.show(`${study.name}: each site reads and signs it`);
    const proposed = z.looseObject({ hash: z.string() }).parse(await consortium.consilium('study', 'propose', file));
    if (proposed.hash !== hash) throw new TypeError('the coordinator resolved another study than this process');
    for (const name of this.sites) await consortium.site(name, 'study', 'approve', hash, '--release', 'in-advance', '--yes');
    await consortium.api('POST', `/studies/${hash}/launch`);
    await watchStudy(consortium, hash, { timeoutMs: STUDY_LIMIT_MS, show: (line) => progress.show(`${study.name}: ${line}`), signal });
    progress.end();
    const out = join(run.directory, `${study.name}-model`);
    await consortium.consilium('model', 'get', hash, '-o', out);
    return releasedState(study, await readFile(join(out, 'model.json')));
  }

  budgets(): Promise<Budgets> {
    return readBudgets(this.consortium, this.sites, POPULATION.name);
  }
}
