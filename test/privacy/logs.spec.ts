import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchStudy, type Finished } from '../../demo/src/index.js';
import { smallConsortium, type SmallConsortium } from '../support/small-consortium.js';
import { NeedleSearch, type Needle } from './needle-search.js';
import { bytesNeedles } from './needles.js';
import { dumpDatabase, ownDatabaseUrl, readTree } from './read-everything.js';
import { trafficEnvironment } from './traffic.js';

const SITES = ['a', 'b', 'c'];
const CASE = new URL('../cases/ops-1/CANARYFILE2X.csv', import.meta.url);
/** Identifier, free text, a value that does not parse, a column that no study declares. */
const CELLS = ['CANARYPID7Q', 'CANARYTXT9Z', 'CANARYVAL3K', 'CANARYCOL8W'];
const FILE_NAME = 'CANARYFILE2X';
const plain = (text: string): Needle => ({ label: text, bytes: Buffer.from(text) });
const wide = (text: string): Needle => ({ label: `${text} (UTF-16)`, bytes: Buffer.from(text, 'utf16le') });

const inTheCells = new NeedleSearch([
  plain('1931-07'),
  wide('1931-07'),
  ...CELLS.flatMap((text) => [...bytesNeedles(text, Buffer.from(text)), wide(text)]),
]);
/** File names may hold identifiers too, and stay at the site. */
const anywhere = new NeedleSearch([
  ...inTheCells.needles,
  plain('CANARY'),
  wide('CANARY'),
  ...bytesNeedles(FILE_NAME, Buffer.from(FILE_NAME)),
]);

/** The case's table without the value that does not parse, and with a column that studies do not ask for. */
async function goodTable(site: string): Promise<string> {
  const [header = '', ...rows] = (await readFile(CASE, 'utf8')).trim().split('\n');
  const good = rows.map((row, index) => `${row.replace('CANARYVAL3K', '125').replace('7Q-', `7Q-${site}`)},CANARYCOL8W${index}`);
  return [`${header},CANARYCOL8W`, ...good, ''].join('\n');
}

const studyYaml = (name: string): string => `
apiVersion: consilium/v1
kind: Study
name: ${name}
purpose: No patient data in logs
cohort:
  name: heart
  outcome: { column: label, positive: "> 0" }
  inputs: { sbp: { range: [80, 200], center: 125, scale: 10 } }
  split: { byPatient: { test: 0.25 } }
model: { type: logistic-regression }
algorithm: { name: fedavg, rounds: 1, localSteps: 2, learningRate: 0.1, maxWeight: 100 }
privacy: { mode: none }
sites: { names: [${SITES.join(', ')}], minSites: 3, roundDeadline: 60s, retries: 0, onMissing: { refused: continue } }
release: { when: approved-in-advance }
`;

/** Field case OPS-1, the parts that exist: check, approval, a study, a failing study, all at the most verbose level. */
describe('patient data that must stay in its file', () => {
  let small: SmallConsortium;
  let traces: ReturnType<typeof trafficEnvironment>;
  let traffic: ReadonlyMap<string, Buffer>;
  const atTerminals: Finished[] = [];
  const answers: string[] = [];

  const table = (site: string) => join(small.consortium.siteDirectory(site), `${FILE_NAME}.csv`);
  const command = async (site: string, ...args: readonly string[]): Promise<Finished> => {
    const finished = await small.consortium.runSite(site, ...args);
    atTerminals.push(finished);
    return finished;
  };
  const run = async (hash: string) => {
    await small.consortium.consilium('study', 'launch', hash);
    const options = { timeoutMs: 150_000, show: () => undefined, signal: AbortSignal.timeout(150_000) };
    return watchStudy(small.consortium, hash, options).catch((error: unknown) => error);
  };

  beforeAll(async () => {
    traces = trafficEnvironment();
    const good = new Map(await Promise.all(SITES.map(async (site) => [site, await goodTable(site)] as const)));
    small = await smallConsortium({
      sites: SITES,
      agents: false,
      shadow: false,
      csv: (site) => good.get(site) ?? '',
      csvName: `${FILE_NAME}.csv`,
      patientId: 'patient_id',
      policy: { minPatients: 10 },
      siteEnvironment: traces.environment,
      coordinatorEnvironment: { CONSILIUM_LOG: 'trace' },
    });
    for (const site of SITES) small.consortium.startAgent(site, '--log-level', 'debug');
  });
  afterAll(() => small.remove());

  it('shows in a check and a refused approval rows, columns and counts, and no value', async () => {
    const { consortium } = small;
    const file = join(consortium.plan.directory, 'first.yaml');
    await writeFile(file, studyYaml('first'));
    const { hash } = (await consortium.consilium('study', 'propose', file)) as { hash: string };
    await copyFile(CASE, table('a'));
    const check = await command('a', 'cohort', 'check', 'heart', '--study', file);
    const approve = await command('a', '--json', 'study', 'approve', hash, '--yes');
    expect([check.code, approve.code]).toEqual([5, 5]);
    expect(check.stdout).toContain('sbp');
    expect(approve.stdout).toContain('COHORT_SCHEMA');
    expect(anywhere.find(...[check, approve].flatMap(outputOf))).toEqual([]);
    await writeFile(table('a'), await goodTable('a'));
    const good = await command('a', 'cohort', 'check', 'heart', '--study', file);
    expect(good.code).toBe(0);
    expect(anywhere.find(...outputOf(good))).toEqual([]);
  });

  it('runs a study, and another that fails at two sites', async () => {
    const { consortium } = small;
    expect(await run(await small.propose(studyYaml('first')))).toMatchObject({ state: 'done' });
    const failing = await small.propose(studyYaml('second'));
    await copyFile(CASE, table('a'));
    await rm(table('b'));
    expect(await run(failing)).toMatchObject({ code: 'STUDY_NOT_DONE' });
    const view = JSON.stringify(await consortium.api('GET', `/studies/${failing}`));
    expect(view).toContain('COHORT_SCHEMA');
    expect(view).toContain('DATA_UNREADABLE');
    const paths = ['/studies', '/sites', ...['', '/rounds', '/events'].map((part) => `/studies/${failing}${part}`)];
    for (const path of paths) answers.push(JSON.stringify(await consortium.api('GET', path)));
    for (const path of ['/metrics', '/healthz', '/readyz', '/api/v1/studies/none'])
      answers.push(
        await (await fetch(`${consortium.url}${path}`, { headers: { authorization: `Bearer ${await consortium.adminToken()}` } })).text(),
      );
    const out = join(consortium.plan.directory, 'none');
    const finished = await Promise.all([
      consortium.runConsilium('study', 'status', failing),
      consortium.runConsilium('model', 'get', failing, '-o', out),
      consortium.runSite('a', 'status'),
      consortium.runSite('b', 'egress', 'show'),
    ]);
    expect(finished[0].stdout).toContain('COHORT_SCHEMA');
    atTerminals.push(...finished);
    traffic = await traces.read();
  });

  it('has none of it at the coordinator: no file, no table, no log, no answer over HTTP', async () => {
    const { consortium } = small;
    const dump = await dumpDatabase(await ownDatabaseUrl(consortium.coordinatorState));
    expect(dump.text).toContain('COHORT_SCHEMA');
    expect(anywhere.find(Buffer.from(dump.text), ...dump.bytes)).toEqual([]);
    expect(anywhere.find(...(await readTree(consortium.coordinatorState)).values())).toEqual([]);
    expect(anywhere.find(await readFile(join(consortium.plan.directory, 'logs', 'coordinator.log')))).toEqual([]);
    expect(answers).toHaveLength(9);
    expect(anywhere.find(...answers.map((answer) => Buffer.from(answer)))).toEqual([]);
  });

  it('has none of it in the traffic, as it is inside TLS', () => {
    const sent = [...traffic].filter(([name]) => name.endsWith('.sent')).map(([, bytes]) => bytes);
    expect(new NeedleSearch([plain('COHORT_SCHEMA'), plain('DATA_UNREADABLE')]).find(...sent)).toHaveLength(2);
    expect(anywhere.find(...traffic.values())).toEqual([]);
  });

  it("has none of it in the sites' logs, nor at any terminal", async () => {
    for (const site of SITES) {
      const log = await readFile(join(small.consortium.plan.directory, 'logs', `${site}.log`));
      expect(log.toString()).toContain('connected');
      expect(anywhere.find(log)).toEqual([]);
    }
    expect(anywhere.find(...atTerminals.flatMap(outputOf))).toEqual([]);
  });

  it("keeps in a site's own state, incidents included, at most the names of files", async () => {
    for (const site of SITES) {
      const state = await readTree(small.consortium.siteState(site));
      expect(state.size).toBeGreaterThan(5);
      expect(inTheCells.find(...state.values())).toEqual([]);
    }
  });

  it('would have been found: the same search finds all of it in the tables, and in a copy of a log where it is planted', async () => {
    const tables = [await readFile(CASE), Buffer.from(await goodTable('a'))];
    expect(anywhere.find(...tables)).toEqual(['1931-07', 'CANARY', ...CELLS.map((text) => `${text} (raw)`)].sort());
    const log = await readFile(join(small.consortium.plan.directory, 'logs', 'coordinator.log'));
    for (const { label, bytes } of anywhere.needles) expect(anywhere.find(Buffer.concat([log, bytes, log]))).toContain(label);
  });
});

const outputOf = ({ stdout, stderr }: Finished): readonly Buffer[] => [Buffer.from(stdout), Buffer.from(stderr)];
