import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Consortium, makeWorkspace, type ConsortiumPlan, type HospitalPlan } from '../../demo/src/index.js';
import { runInProcess } from './site-command.js';

/** Whole consortia for tests: real processes, real TLS, real PostgreSQL, small invented cohorts. */
export const SITES = ['a', 'b', 'c', 'd'] as const;

/** Numbers that look random and are the same in every run. */
function number(seed: string): number {
  return createHash('sha256').update(seed).digest().readUInt32LE(0) / 2 ** 32;
}

/** 40 invented patients of a site: the outcome follows x mostly. */
export function inventedCsv(site: string, rows = 40): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const x = number(`${site}/${row}/x`);
    const z = number(`${site}/${row}/z`);
    const y = x + 0.4 * number(`${site}/${row}/noise`) > 0.7 ? 1 : 0;
    return `${site}-${row},${x.toFixed(4)},${z > 0.5 ? 'M' : 'F'},${y},${row % 4 === 3 ? 'test' : 'train'}`;
  });
  return `pid,x,sex,y,split\n${lines.join('\n')}\n`;
}

export interface StudyChanges {
  readonly sites?: readonly string[];
  readonly name?: string;
  readonly rounds?: number;
  readonly roundDeadline?: string;
  readonly retries?: number;
  readonly mandatory?: readonly string[];
  readonly release?: string;
  readonly refused?: string;
  readonly localSteps?: number;
}

/** A three-round study over the invented cohorts. */
export function studyYaml(changes: StudyChanges = {}): string {
  const {
    sites = SITES,
    name = 'small',
    rounds = 3,
    roundDeadline = '60s',
    retries = 2,
    mandatory = [],
    release = 'approved-in-advance',
    refused = 'ask',
    localSteps = 5,
  } = changes;
  return `
apiVersion: consilium/v1
kind: Study
name: ${name}
purpose: A test of the whole path
cohort:
  name: heart
  outcome: { column: y, positive: "> 0" }
  inputs:
    x: { range: [0, 1], center: 0.5, scale: 0.3 }
    sex: { levels: [F, M] }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression, l2: 0.001 }
algorithm: { name: fedadam, rounds: ${rounds}, localSteps: ${localSteps}, learningRate: 0.3, maxWeight: 1000 }
privacy: { mode: none }
sites: { names: [${sites.join(', ')}], minSites: 3, roundDeadline: ${roundDeadline}, retries: ${retries}, mandatory: [${mandatory.join(', ')}], onMissing: { refused: ${refused} } }
release: { when: ${release} }
`;
}

export interface SmallConsortium {
  readonly consortium: Consortium;
  /** Ends all processes and deletes everything. */
  readonly remove: () => Promise<void>;
  /** Proposes a study and has every site approve it, and its release in advance unless `release` says otherwise. @returns its hash */
  readonly propose: (yaml: string, approvers?: readonly string[], release?: 'ask' | 'in-advance') => Promise<string>;
}

/** Brings up a coordinator and its sites, all joined; agents run unless `agents` says otherwise. */
export async function smallConsortium(
  options: Partial<Pick<ConsortiumPlan, 'shadow' | 'databaseUrl' | 'dial' | 'coordinatorEnvironment' | 'siteEnvironment'>> & {
    /** Fewer than all, where a test needs no fourth. */
    readonly sites?: readonly string[];
    readonly agents?: boolean;
    /** Which of the sites become members; all of them by default. */
    readonly members?: readonly string[];
    readonly csv?: (site: string) => string;
    /** Name of each site's file. */
    readonly csvName?: string;
    readonly patientId?: string;
    readonly policy?: Record<string, unknown>;
    /** The population's privacy budget, as in site.yaml. */
    readonly privacy?: Record<string, unknown>;
  } = {},
): Promise<SmallConsortium> {
  const {
    sites = SITES,
    agents = true,
    members = sites,
    csv = inventedCsv,
    csvName = 'patients.csv',
    patientId = 'pid',
    policy = { minPatients: 10 },
    shadow = true,
    privacy,
    ...plan
  } = options;
  const workspace = await makeWorkspace();
  const hospitals: HospitalPlan[] = [];
  for (const name of sites) {
    const folder = join(workspace.directory, name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, csvName), csv(name));
    hospitals.push({
      name,
      populations: { heart: { patientId, ...(privacy === undefined ? {} : { privacy }) } },
      cohorts: { heart: { population: 'heart', public: shadow, source: { type: 'csv', path: join(folder, csvName) } } },
      policy,
    });
  }
  // A command of a site takes a second of its own as a process: only where its environment matters is it one.
  const quick = plan.siteEnvironment === undefined ? { runInProcess } : {};
  const consortium = await Consortium.prepare({ name: 'small', directory: workspace.directory, hospitals, shadow, ...quick, ...plan });
  const remove = async (): Promise<void> => {
    await consortium.stop();
    await workspace.remove();
  };
  try {
    await consortium.startCoordinator();
    await consortium.enrol(...members);
    if (agents) for (const site of members) consortium.startAgent(site);
  } catch (error) {
    await remove();
    throw error;
  }
  const propose = async (
    yaml: string,
    approvers: readonly string[] = sites,
    release: 'ask' | 'in-advance' = 'in-advance',
  ): Promise<string> => {
    const { hash } = (await consortium.api('POST', '/studies', { specification: yaml })) as { hash: string };
    await Promise.all(approvers.map((site) => consortium.site(site, 'study', 'approve', hash, '--release', release, '--yes')));
    return hash;
  };
  return { consortium, remove, propose };
}

/** Polls until `look` gives something, within a limit. */
export async function eventually<T>(look: () => Promise<T | undefined>, limitMs = 60_000, everyMs = 100): Promise<T> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > limit) throw new Error(`nothing within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
