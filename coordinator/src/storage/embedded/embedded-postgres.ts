import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { Client } from 'pg';
import { postgresAccount, type PostgresAccount } from './postgres-account.js';
import { postgresPrograms, type PostgresPrograms } from './postgres-package.js';
import { isAlive, readPostmaster } from './postmaster-file.js';

const run = promisify(execFile);

const USER = 'consilium';
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

export interface EmbeddedPostgres {
  /** With the password: never to be logged. */
  readonly url: string;
  /** True where the server had outlived an earlier coordinator. */
  readonly adopted: boolean;
  /** Ends the server, whoever started it. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL under `directory`, fsync on, reachable only at 127.0.0.1 with a random password (file `password`,
 * mode 0600). It outlives a killed coordinator; the next one on the same directory adopts it.
 * @param directory - absolute; holds `data/`, `password` and `server.log`
 * @throws ConsiliumError POSTGRES_MISSING, POSTGRES_ACCOUNT, POSTGRES_START
 */
export async function startEmbeddedPostgres(directory: string): Promise<EmbeddedPostgres> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const data = join(directory, 'data');
  const running = await adopt(directory, data);
  if (running) return running;
  const programs = await postgresPrograms();
  const account = await postgresAccount([dirname(programs.postgres), directory]);
  const password = await initialise(directory, data, programs, account);
  const port = await launch(directory, data, programs, account);
  return { url: urlOf(password, port), adopted: false, stop: () => stop(data) };
}

const urlOf = (password: string, port: number) => `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;

/** The server that already runs on this data, if there is one and it takes our password. */
async function adopt(directory: string, data: string): Promise<EmbeddedPostgres | undefined> {
  const limit = Date.now() + START_LIMIT_MS;
  for (;;) {
    const postmaster = await readPostmaster(data);
    if (!postmaster || !isAlive(postmaster.pid)) return undefined;
    if (postmaster.ready) {
      const url = urlOf(await readFile(join(directory, 'password'), 'utf8'), postmaster.port);
      // The number may by now belong to another process, and the port to another server: only the password tells.
      return (await answers(url)) ? { url, adopted: true, stop: () => stop(data) } : undefined;
    }
    if (Date.now() > limit) return undefined;
    await sleep(50);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the data directory once; under another name first, so that one half made is never taken for whole. */
async function initialise(directory: string, data: string, programs: PostgresPrograms, account: PostgresAccount): Promise<string> {
  const passwordFile = join(directory, 'password');
  if (await stat(data).catch(() => undefined)) return readFile(passwordFile, 'utf8');
  const password = randomBytes(24).toString('base64url');
  const fresh = join(directory, 'data.new');
  const pwfile = join(directory, 'initial-password');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  for (const file of [passwordFile, pwfile]) {
    await rm(file, { force: true });
    await writeFile(file, password, { mode: 0o600, flag: 'wx' });
  }
  if (account.owner) for (const path of [fresh, pwfile]) await chown(path, account.owner.uid, account.owner.gid);
  const args = [`--pgdata=${fresh}`, `--username=${USER}`, `--pwfile=${pwfile}`, '--auth=scram-sha-256'];
  const command = account.command(programs.initdb, [...args, '--encoding=UTF8', '--locale=C', '--no-instructions']);
  try {
    await run(command.file, [...command.args], { cwd: '/', timeout: START_LIMIT_MS, ...command.as });
  } catch (cause) {
    throw startFailed('Its database could not be created.', join(directory, 'server.log'), cause);
  } finally {
    await rm(pwfile, { force: true });
  }
  await chmod(fresh, 0o700);
  await rename(fresh, data);
  return password;
}

/** Starts the server and waits until it takes connections. @returns its port */
async function launch(directory: string, data: string, programs: PostgresPrograms, account: PostgresAccount): Promise<number> {
  const logFile = join(directory, 'server.log');
  // A port found free may be taken a moment later by somebody else: then another one.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'shared_buffers=32MB', 'max_connections=60'];
    const command = account.command(programs.postgres, ['-D', data, '-p', String(port), ...settings.flatMap((s) => ['-c', s])]);
    const log = await open(logFile, 'w', 0o600);
    // Detached: Ctrl-C in a terminal must reach us first, and us alone.
    const stdio = ['ignore', log.fd, log.fd] as const;
    const child = spawn(command.file, [...command.args], { cwd: '/', detached: true, stdio: [...stdio], ...command.as });
    await log.close();
    const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')).once('error', () => resolve('ended')));
    const outcome = await Promise.race([ended, ready(data, port)]);
    child.unref();
    if (outcome === 'ready') return port;
    if (outcome === 'late') break;
    if (!/Address already in use/.test(await readFile(logFile, 'utf8'))) break;
  }
  throw startFailed('It did not start.', logFile);
}

async function ready(data: string, port: number): Promise<'ready' | 'late'> {
  for (const limit = Date.now() + START_LIMIT_MS; Date.now() < limit; await sleep(20)) {
    const postmaster = await readPostmaster(data);
    if (postmaster?.ready && postmaster.port === port) return 'ready';
  }
  return 'late';
}

async function stop(data: string): Promise<void> {
  const postmaster = await readPostmaster(data);
  if (!postmaster || !isAlive(postmaster.pid)) return;
  // SIGINT: "fast shutdown"; sessions are ended, a checkpoint is written.
  process.kill(postmaster.pid, 'SIGINT');
  for (const limit = Date.now() + STOP_LIMIT_MS; Date.now() < limit; await sleep(20))
    if (!(await readPostmaster(data))) return gone(postmaster.pid);
  process.kill(postmaster.pid, 'SIGQUIT');
}

/** The process outlives its file by a moment; one that nobody reaps would do so for ever. */
async function gone(pid: number): Promise<void> {
  for (const limit = Date.now() + 2_000; isAlive(pid) && Date.now() < limit;) await sleep(10);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server without a port');
  return address.port;
}

function startFailed(why: string, logFile: string, cause?: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'POSTGRES_START',
    errorClass: 'failed',
    message: `The PostgreSQL that comes with Consilium cannot be used. ${why}`,
    fix: `Look at ${logFile}, or set DATABASE_URL to a PostgreSQL of your own.`,
    cause,
  });
}
