import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type Dialect } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agree, fold, launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import type { StudyState } from '../rounds/study-state.js';
import type { Schema } from '../storage/schema.js';
import { cleanUp } from './clean-up.js';
import { Spool, type SpoolObject } from './spool.js';

const everybody = sitesNamed('a', 'b', 'c', 'd');

/** Takes every statement and finds nothing. */
const DIALECT: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};

/** A study that ended some days before today. */
function ended(state: StudyState, daysAgo: number): StudyState {
  const { activity } = state;
  if (activity.phase !== 'ended') throw new Error('the study goes on');
  return { ...state, activity: { ...activity, at: new Date(Date.now() - daysAgo * 86_400_000).toISOString() } };
}

/** PROTOCOL.md section 4, "Deletion". */
describe('the clean-up', () => {
  let root: string;
  let spool: Spool;
  let world: TestWorld;
  let statements: string[];
  let clean: ReturnType<typeof cleanUp>;
  let follow: () => void;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'consilium-clean-'));
    spool = new Spool(root);
    world = launched(new TestWorld(testStudy({}, 1)));
    statements = [];
    const db = new Kysely<Schema>({
      dialect: DIALECT,
      log: ({ query }) => void statements.push(query.sql),
    });
    clean = cleanUp(spool, db, pino({ level: 'silent' }));
    let told = 0;
    follow = () => {
      for (const stored of world.stored.slice(told)) clean(world.state, stored);
      told = world.stored.length;
    };
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const contribution = (round: number, attempt = 0): SpoolObject => ({
    kind: 'contribution',
    study: world.state.hash,
    round,
    attempt,
    site: everybody[0]!,
  });
  const sum = (round: number, attempt = 0): SpoolObject => ({ kind: 'fold', study: world.state.hash, round, attempt });
  const bundle = (): SpoolObject => ({ kind: 'bundle', study: world.state.hash });
  const lies = (object: SpoolObject) => existsSync(spool.pathOf(object));

  async function put(...objects: readonly SpoolObject[]): Promise<void> {
    for (const object of objects) {
      await (await spool.append(object, 0, 0)).close();
      await spool.keep(object);
    }
    follow();
  }

  async function gone(...objects: readonly SpoolObject[]): Promise<void> {
    await vi.waitFor(() => expect(objects.filter(lies)).toEqual([]));
  }

  it('deletes contributions when their round is decided, and its sum only when every site has applied it', async () => {
    await put(contribution(1), sum(1));
    agree(fold(upload(world, ...everybody)), 'one', ...sitesNamed('a', 'b', 'c'));
    follow();
    await gone(contribution(1));
    expect(lies(sum(1))).toBe(true);
    world.happen({ type: 'agreed', site: everybody[3]!, state: { keyEpoch: 0, round: 1, attempt: 0, stateHmac: 'one', signature: 'ab' } });
    follow();
    await gone(sum(1));
  });

  it('deletes released shares with the contributions, and boxes of shares once their block is in use', async () => {
    const shares: SpoolObject = { kind: 'shares', study: world.state.hash, round: 1, attempt: 0, site: everybody[0]! };
    await spool.write(shares, Buffer.from('a share'));
    expect(await spool.read(shares)).toEqual(Buffer.from('a share'));
    follow();
    await vi.waitFor(() => expect(statements.join()).toMatch(/delete from "share_boxes"/));
    agree(fold(upload(world, ...everybody)), 'one', ...sitesNamed('a', 'b', 'c'));
    follow();
    await gone(shares);
    expect(await spool.read(shares)).toBeUndefined();
  });

  it('deletes all of an attempt that failed, and nothing of the next', async () => {
    await put(contribution(1, 0), contribution(1, 1));
    upload(world, everybody[0]!).pass(31_000);
    expect(world.state.failures).toHaveLength(1);
    follow();
    await gone(contribution(1, 0));
    expect(lies(contribution(1, 1))).toBe(true);
  });

  it('deletes rounds and sealed keys of a study that has ended, and keeps a released model', async () => {
    await put(contribution(1), sum(1), bundle());
    world.happen({ type: 'ended', outcome: 'stopped', by: 'researcher', reason: 'stopped', sites: [] });
    follow();
    await gone(contribution(1), sum(1));
    await vi.waitFor(() => expect(statements.join()).toMatch(/delete from "relay_boxes"/));
    expect(lies(bundle())).toBe(true);
  });

  it('keeps the sums of a finished study for a site that was away, a week at most', async () => {
    for (const round of [1, 2]) {
      await put(contribution(round), sum(round));
      agree(fold(upload(world, ...everybody)), `state ${round}`, ...sitesNamed('a', 'b', 'c', ...(round === 1 ? ['d'] : [])));
    }
    world.happen(
      ...everybody.map((site) => ({
        type: 'voted' as const,
        site,
        vote: 'no' as const,
        bundleHmac: 'aa',
        statement: { json: '{}', signature: '00' },
      })),
    );
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'done' });
    clean(ended(world.state, 6), undefined);
    await gone(contribution(1), contribution(2), sum(1));
    expect(lies(sum(2))).toBe(true);
    clean(ended(world.state, 8), undefined);
    await gone(sum(2));
  });
});
