import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { studyHash, StudyName } from '@consilium/protocol';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemDetails, toConsiliumError } from '../../coordinator/src/http/problem.js';
import { addStudy, findStudy, isWritable, openDatabase, type Database, type OpenDatabase } from '../../coordinator/src/storage/index.js';

const MIB = 2 ** 20;
let folder: string;
let volume: string;
let open: OpenDatabase | undefined;

/** A small volume of its own under the database; false where this machine does not let us mount one. */
function mounted(): boolean {
  mkdirSync(volume, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=144m,mode=0711', 'tmpfs', volume]).status === 0;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'full-database-'));
  volume = join(folder, 'postgres');
});
afterEach(async () => {
  await open?.close();
  spawnSync('umount', [volume]);
  rmSync(folder, { recursive: true, force: true });
});

describe("OPS-3: the volume of the coordinator's PostgreSQL is full", () => {
  it('is said, loses nothing that was kept, and goes on once there is space, with one restart at most', async ({ skip }) => {
    if (!mounted()) skip('no volume can be mounted here (it takes root and CAP_SYS_ADMIN)');
    open = await openDatabase({ directory: folder });
    const kept = await fill(open.db);
    const refused: unknown = await keep(open.db).catch((error: unknown) => error);
    expect(problemDetails(toConsiliumError(refused), '')).toMatchObject({
      code: expect.stringMatching(/^DATABASE_(?:FULL|UNREACHABLE)$/) as string,
      detail: expect.stringContaining('database') as string,
      fix: expect.stringContaining('space') as string,
    });
    rmSync(join(volume, 'filler'));
    if (!(await writableWithin(open.db, 5_000))) {
      await open.close().catch(() => undefined);
      open = await openDatabase({ directory: folder });
    }
    kept.push(await keep(open.db));
    for (const hash of kept) expect(await findStudy(open.db, hash)).toBeDefined();
    await checkWhole(open.db);
  });
});

/** A row of half a megabyte that does not compress. */
async function keep(db: Database) {
  const specification = randomBytes(MIB / 2);
  const hash = studyHash(specification);
  await addStudy(db, { hash, name: StudyName.parse('filler'), specification }, new Date());
  return hash;
}

/** Leaves a few megabytes beside the database, and writes until it takes no more. @returns what it took */
async function fill(db: Database) {
  const { bavail, bsize } = statfsSync(volume);
  writeFileSync(join(volume, 'filler'), Buffer.alloc(bavail * bsize - 4 * MIB));
  const kept = [];
  for (let tries = 0; tries < 64; tries += 1) {
    const hash = await keep(db).catch(() => undefined);
    if (hash === undefined) return kept;
    kept.push(hash);
  }
  return expect.fail('the volume was never full');
}

async function writableWithin(db: Database, limitMs: number): Promise<boolean> {
  for (const limit = performance.now() + limitMs; performance.now() < limit; await new Promise((resolve) => setTimeout(resolve, 100)))
    if (await isWritable(db)) return true;
  return false;
}

/** PostgreSQL's own check of every table and index (amcheck). */
async function checkWhole(db: Database): Promise<void> {
  await sql`create extension if not exists amcheck`.execute(db);
  const { rows } = await sql`
    select c.oid::regclass::text as broken, v.msg from pg_class c join pg_namespace n on n.oid = c.relnamespace
    cross join lateral verify_heapam(c.oid) v where c.relkind = 'r' and n.nspname in ('public', 'pg_toast')`.execute(db);
  expect(rows).toEqual([]);
  await sql`select bt_index_check(i.indexrelid, true) from pg_index i join pg_class c on c.oid = i.indexrelid
    join pg_am a on a.oid = c.relam join pg_namespace n on n.oid = c.relnamespace
    where a.amname = 'btree' and n.nspname in ('public', 'pg_toast') and i.indisvalid`.execute(db);
}
