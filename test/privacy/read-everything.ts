import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** Every file under a folder, deleted ones left out. */
export async function readTree(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, Buffer>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes) files.set(path, bytes);
  }
  return files;
}

/** The connection URL of the PostgreSQL that a coordinator has started for itself. */
export async function ownDatabaseUrl(coordinatorState: string): Promise<string> {
  const folder = join(coordinatorState, 'postgres');
  const [, , , port] = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  return `postgres://consilium:${(await readFile(join(folder, 'password'), 'utf8')).trim()}@127.0.0.1:${port}/postgres`;
}

/** All rows of all tables: as JSON text, where bytes are hex, and each column of bytes once more as it is. */
export async function dumpDatabase(
  url: string,
): Promise<{ readonly text: string; readonly bytes: readonly Buffer[]; readonly rows: number }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ tablename: string }>(
      "select tablename from pg_tables where schemaname = 'public' order by tablename",
    );
    const lines: string[] = [];
    const bytes: Buffer[] = [];
    for (const { tablename } of tables.rows) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from "${tablename}"`);
      const texts = await client.query<{ row: string }>(`select to_json(t)::text as row from "${tablename}" t`);
      lines.push(...texts.rows.map(({ row }) => `${tablename} ${row}`));
      bytes.push(...rows.flatMap((row) => Object.values(row).filter((value): value is Buffer => value instanceof Buffer)));
    }
    return { text: lines.join('\n'), bytes, rows: lines.length };
  } finally {
    await client.end();
  }
}
