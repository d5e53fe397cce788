import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readModelBundle, readSpecification, type ResolvedStudy } from '@consilium/protocol';
import { dequantise } from '@consilium/sealed-sum';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchStudy } from '../../demo/src/index.js';
import { eventually, inventedCsv, smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';
import { KeepFiles } from './keep-files.js';
import { NeedleSearch, type Needle } from './needle-search.js';
import { bytesNeedles, countNeedles, floatNeedles, laneNeedles, longKeyNeedles, slotNeedles } from './needles.js';
import { dumpDatabase, ownDatabaseUrl, readTree } from './read-everything.js';
import { trafficEnvironment } from './traffic.js';

const ROUNDS = 2;
const STUDY_KEY_BYTES = 32;
/** Sites of different sizes, so that no site's count is another's, or a round part of the total. */
const ROWS: Readonly<Record<string, number>> = { a: 40, b: 48, c: 68 };
const SITES = Object.keys(ROWS);

/** Promise 2 of the design: the coordinator never holds a key, a plaintext update, a per-site metric, a sum or the model. */
describe('a coordinator after a whole study whose model was not released', () => {
  let small: SmallConsortium;
  let search: NeedleSearch;
  let spool: ReadonlyMap<string, Buffer>;
  let secrets: ReadonlyMap<string, Buffer>;
  let traffic: ReadonlyMap<string, Buffer>;
  let dump: Awaited<ReturnType<typeof dumpDatabase>>;
  let answers: string;

  beforeAll(async () => {
    const traces = trafficEnvironment();
    small = await smallConsortium({
      sites: SITES,
      csv: (site) => inventedCsv(site, ROWS[site]),
      siteEnvironment: traces.environment,
      coordinatorEnvironment: { CONSILIUM_LOG: 'trace' },
    });
    const { consortium } = small;
    const root = consortium.plan.directory;
    const inSpool = new KeepFiles([join(consortium.coordinatorState, 'spool')], join(root, 'kept', 'spool'));
    const atSites = new KeepFiles(
      SITES.map((site) => join(consortium.siteState(site), 'studies')),
      join(root, 'kept', 'sites'),
    );
    const hash = await small.propose(studyYaml({ sites: SITES, rounds: ROUNDS, release: 'all-sites-agree' }), SITES, 'ask');
    await consortium.site('b', 'study', 'release', hash, '--refuse', '--yes');
    await consortium.consilium('study', 'launch', hash);
    const view = await watchStudy(consortium, hash, { timeoutMs: 110_000, show: () => undefined, signal: AbortSignal.timeout(110_000) });
    expect(view.stateReason).toMatch(/stays at the sites/);
    spool = await inSpool.stop();
    secrets = await atSites.stop();
    traffic = await traces.read();
    dump = await dumpDatabase(await ownDatabaseUrl(consortium.coordinatorState));
    const paths = [`/studies/${hash}`, `/studies/${hash}/rounds`, `/studies/${hash}/events`, '/studies', '/sites'];
    answers = JSON.stringify(await Promise.all(paths.map((path) => consortium.api('GET', path))));
    search = new NeedleSearch(await needlesOf(small, hash, secrets));
  });
  afterAll(() => small.remove());

  it('has nothing of them in any table of its database', () => {
    expect(dump.rows).toBeGreaterThan(30);
    expect(search.find(Buffer.from(dump.text), ...dump.bytes)).toEqual([]);
  });

  it('has had nothing of them in its spool at any moment', () => {
    expect([...spool.keys()].filter((name) => name.includes('.upload')).length).toBeGreaterThanOrEqual(SITES.length * (ROUNDS + 1));
    expect([...spool.keys()].filter((name) => name.endsWith('.fold'))).toHaveLength(ROUNDS + 1);
    expect(search.find(...spool.values())).toEqual([]);
  });

  it('has nothing of them in its state directory, the files of PostgreSQL and its log of changes included', async () => {
    const files = await readTree(small.consortium.coordinatorState);
    expect([...files.keys()].some((path) => path.includes('pg_wal'))).toBe(true);
    expect(search.find(...files.values())).toEqual([]);
  });

  it('has nothing of them in its log at the most verbose level', async () => {
    const log = await readFile(join(small.consortium.plan.directory, 'logs', 'coordinator.log'));
    expect(log.length).toBeGreaterThan(100);
    expect(search.find(log)).toEqual([]);
  });

  it('answers with nothing of them over HTTP', () => {
    expect(answers).toContain('"trainLoss"');
    expect(search.find(Buffer.from(answers))).toEqual([]);
  });

  it('heard and said nothing of them: all traffic of all sites, as it is inside TLS', () => {
    expect(search.find(...traffic.values())).toEqual([]);
  });

  describe('the same search', () => {
    it('reads the very traffic: ciphertexts as they were spooled went out, sums as they were folded came in', () => {
      const kept = (ending: string) => [...spool].filter(([name]) => name.endsWith(ending)).map(([, bytes]) => bytes);
      const heads = (label: string, files: readonly Buffer[]): Needle[] =>
        files.map((bytes, index) => ({ label: `${label} ${index}`, bytes: bytes.subarray(0, 16_384) }));
      const uploads = new NeedleSearch(heads('upload', kept('.upload')));
      const folds = new NeedleSearch(heads('fold', kept('.fold')));
      const direction = (ending: string) => [...traffic].filter(([name]) => name.endsWith(ending)).map(([, bytes]) => bytes);
      expect(uploads.find(...direction('.sent'))).toEqual(uploads.needles.map(({ label }) => label).sort());
      expect(folds.find(...direction('.heard'))).toEqual(folds.needles.map(({ label }) => label).sort());
    });

    it("finds every kind of secret in the sites' own directories", async () => {
      const { consortium } = small;
      const trees = await Promise.all(SITES.map((site) => readTree(consortium.siteState(site))));
      const found = search.find(...trees.flatMap((tree) => [...tree.values()]), ...secrets.values());
      for (const site of SITES) {
        expect(found).toContainEqual(expect.stringMatching(`lanes of ${site} .*decimal run, ","`));
        expect(found).toContainEqual(expect.stringMatching(`counts of ${site} .*trainLoss`));
        expect(found).toContainEqual(expect.stringMatching(`results of ${site} .*decimal`));
      }
      expect(found).toContain('study key (raw)');
      expect(found.filter((label) => label.startsWith('BFV key') && label.endsWith('(raw)')).length).toBeGreaterThan(10);
      expect(found).toContainEqual(expect.stringMatching(/^final weights .*decimal/));
      expect(found).toContainEqual(expect.stringMatching(/^state .*float64 LE/));
    });

    it('finds each secret, in each form, that is planted into a copy of the dump', () => {
      const separator = Buffer.from('|');
      const planted = Buffer.concat([Buffer.from(dump.text), ...search.needles.flatMap(({ bytes }) => [separator, bytes, separator])]);
      expect(search.find(planted)).toEqual([...new Set(search.needles.map(({ label }) => label))].sort());
      expect(search.needles.length).toBeGreaterThan(300);
    });
  });
});

/** The weights in a site's encoded state: a length, a header, then 64-bit floats, little-endian. */
function weightsOf(state: Buffer, study: ResolvedStudy): readonly number[] {
  const start = 4 + state.readUInt32LE(0);
  return Array.from({ length: study.derived.parameterCount }, (_, index) => state.readDoubleLE(start + 8 * index));
}

interface PackedLanes {
  readonly lanes: readonly number[];
}

/** Everything that the coordinator must not know, in the forms in which it could lie somewhere. */
async function needlesOf({ consortium }: SmallConsortium, hash: string, secrets: ReadonlyMap<string, Buffer>): Promise<readonly Needle[]> {
  const study = readSpecification(await storedSpecification(consortium.siteState('a'), hash), sealParameters);
  const released = await releasedTexts(consortium, hash);
  const needles: Needle[] = [];
  for (const site of SITES) {
    needles.push(...(await laneSecrets(consortium.siteState(site), site, hash, study)));
    needles.push(...ownCounts(consortium.siteState(site), site, hash));
    for (const result of await ownResults(consortium.siteState(site), hash))
      needles.push(...floatNeedles(`results of ${site} after round ${String(result['round'])}`, numbersIn(result)));
  }
  for (const [name, bytes] of secrets) {
    if (name.endsWith('epoch-0') && needles.every(({ label }) => !label.startsWith('study key')))
      needles.push(
        ...bytesNeedles('study key', bytes.subarray(0, STUDY_KEY_BYTES)),
        ...longKeyNeedles('BFV key', bytes.subarray(STUDY_KEY_BYTES)),
      );
    if (/state-[1-9]\d*$/.test(name)) needles.push(...floatNeedles(`state ${name}`, weightsOf(bytes, study)));
  }
  const bundle = readModelBundle(await readFile(join(consortium.siteState('a'), 'studies', hash, 'bundle.json')));
  for (const { name, values } of bundle.tensors) needles.push(...floatNeedles(`final weights ${name}`, values));
  // What all sites together have released is no secret, even where it happens to equal one site's own.
  return needles.filter(({ bytes }) => !released.has(bytes.toString('latin1')));
}

async function laneSecrets(state: string, site: string, hash: string, study: ResolvedStudy): Promise<readonly Needle[]> {
  const needles: Needle[] = [];
  for (const round of Array.from({ length: ROUNDS + 1 }, (_, index) => index + 1)) {
    const parameters = study.derived.sums[round > ROUNDS ? 'evaluate' : 'train'];
    const read = async (ending: string) =>
      (JSON.parse(await readFile(join(state, 'shadow', hash, `${round}-0${ending}`), 'utf8')) as PackedLanes).lanes;
    const own = await read('.json');
    const form = { laneBits: parameters.laneBits, plainModulus: BigInt(parameters.plainModulus) };
    needles.push(
      ...laneNeedles(`lanes of ${site} in round ${round}`, own),
      ...slotNeedles(`slots of ${site} in round ${round}`, own, form),
    );
    if (round > ROUNDS) continue;
    needles.push(...floatNeedles(`update of ${site} in round ${round}`, [...dequantise(Int32Array.from(own), parameters).update]));
    // The sum of the updates is opened by the sites and belongs to them; the totals of counts are released, signed.
    const updateLanes = (await read('.sum.json')).slice(0, study.derived.parameterCount);
    needles.push(...laneNeedles(`sum in round ${round}`, updateLanes), ...slotNeedles(`sum in round ${round}`, updateLanes, form));
  }
  return needles;
}

function ownCounts(state: string, site: string, hash: string): readonly Needle[] {
  const database = new DatabaseSync(join(state, 'site.sqlite'), { readOnly: true });
  try {
    const rows = database.prepare('SELECT round, counts FROM study_result WHERE study = ?').all(hash);
    return rows.flatMap(({ round, counts }) => {
      const own = Object.entries(JSON.parse(String(counts)) as Record<string, string>).filter(([, value]) => value !== '0');
      return countNeedles(`counts of ${site} after round ${String(round)}`, Object.fromEntries(own));
    });
  } finally {
    database.close();
  }
}

/** A site writes its results when it hears of the end, a moment after everybody else may have. */
function ownResults(state: string, hash: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return eventually(async () => {
    const text = await readFile(join(state, 'studies', hash, 'results.json'), 'utf8').catch(() => '[]');
    const results = JSON.parse(text) as Record<string, unknown>[];
    return results.length === ROUNDS + 1 ? results : undefined;
  }, 10_000);
}

async function storedSpecification(state: string, hash: string): Promise<Buffer> {
  const database = new DatabaseSync(join(state, 'site.sqlite'), { readOnly: true });
  try {
    const row = database.prepare('SELECT specification FROM study WHERE hash = ?').get(hash);
    return Buffer.from(row?.['specification'] as Uint8Array);
  } finally {
    database.close();
  }
}

/** The texts of all released totals, and of what they come to. */
async function releasedTexts(consortium: SmallConsortium['consortium'], hash: string): Promise<ReadonlySet<string>> {
  const view = (await consortium.api('GET', `/studies/${hash}`)) as {
    readonly metrics: readonly { readonly totals: Readonly<Record<string, string | null>> }[];
    readonly latest: unknown;
  };
  return new Set([
    ...view.metrics.flatMap(({ totals }) =>
      Object.entries(totals).flatMap(([name, value]) => [String(value), `"${name}":"${String(value)}"`]),
    ),
    ...numbersIn([view.metrics, view.latest]).map(String),
  ]);
}

/** Every number in a value of JSON, at any depth. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
