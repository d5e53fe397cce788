import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, readPostmaster } from './embedded/postmaster-file.js';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { openDatabase } from './open-database.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'consilium-state-'));
  // As in a home directory that is closed to others: the account that PostgreSQL runs as must still get there.
  await chmod(directory, 0o700);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const data = () => join(directory, 'postgres', 'data');

describe('the database that the coordinator starts for itself', () => {
  it('syncs to disk, listens on this machine only and keeps its password in a private file', async () => {
    const { db, close } = await openDatabase({ directory });
    const setting = async (name: string) => (await sql<Record<string, string>>`show ${sql.raw(name)}`.execute(db)).rows[0]?.[name];
    expect(await setting('fsync')).toBe('on');
    expect(await setting('synchronous_commit')).toBe('on');
    expect(await setting('listen_addresses')).toBe('127.0.0.1');
    expect((await stat(join(directory, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
    const { port } = (await readPostmaster(data())) ?? { port: 0 };
    const stranger = new pg.Client({ host: '127.0.0.1', port, user: 'consilium', password: 'guess', database: 'postgres' });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
    await stranger.end().catch(() => undefined);
    await close();
    expect(await readPostmaster(data())).toBeUndefined();
  });

  it('is adopted, with its rows, by the next coordinator when the first one was killed, and is then stopped with it', async () => {
    // What a killed coordinator leaves: a server that nobody stops.
    const first = await startEmbeddedPostgres(join(directory, 'postgres'));
    const client = new pg.Client({ connectionString: first.url });
    await client.connect();
    await client.query('create table left_behind (n integer)');
    await client.query('insert into left_behind values (7)');
    await client.end();
    const { pid } = (await readPostmaster(data())) ?? { pid: 0 };

    const { db, close } = await openDatabase({ directory });
    expect((await readPostmaster(data()))?.pid).toBe(pid);
    expect((await sql`select n from left_behind`.execute(db)).rows).toEqual([{ n: 7 }]);
    await close();
    expect(isAlive(pid)).toBe(false);
  });

  it('refuses a second coordinator on the same state in one sentence', async () => {
    const { close } = await openDatabase({ directory });
    await expect(openDatabase({ directory })).rejects.toMatchObject({ code: 'STATE_IN_USE', exitCode: 2 });
    await close();
  });

  it('is made anew where an earlier start was killed half way', async () => {
    const other = await mkdtemp(join(tmpdir(), 'consilium-state-'));
    await chmod(other, 0o711);
    // A coordinator killed while it made its database leaves this.
    await mkdir(join(other, 'postgres', 'data.new'), { recursive: true });
    await writeFile(join(other, 'postgres', 'data.new', 'PG_VERSION'), '18\n');
    await writeFile(join(other, 'postgres', 'password'), 'of an earlier try');
    const { db, close } = await openDatabase({ directory: other });
    expect((await sql`select 1 as n`.execute(db)).rows).toEqual([{ n: 1 }]);
    await close();
    await rm(other, { recursive: true, force: true });
  });
});

describe('a database of the operator', () => {
  it('that does not answer is named as unreachable', async () => {
    const databaseUrl = 'postgres://nobody:secret@127.0.0.1:1/none';
    const error: unknown = await openDatabase({ databaseUrl, directory }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', exitCode: 3 });
    expect((error as Error).message).not.toContain('secret');
  });
});
