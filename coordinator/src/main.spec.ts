import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, readPostmaster } from './storage/embedded/postmaster-file.js';

const PROGRAM = fileURLToPath(new URL('../dist/program/consilium-coordinator.js', import.meta.url));

let folder: string;
let state: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-main-'));
  state = join(folder, 'state');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});
afterAll(async () => {
  const postmaster = await readPostmaster(join(state, 'postgres', 'data'));
  if (postmaster && isAlive(postmaster.pid)) process.kill(postmaster.pid, 'SIGINT');
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** Starts the built program. */
function coordinator(...flags: string[]) {
  const args = [
    PROGRAM,
    '--consortium',
    'heart',
    '--state',
    state,
    '--grpc-host',
    '127.0.0.1',
    '--grpc-port',
    '0',
    '--http-port',
    '0',
    ...flags,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once('close', (code) => {
      children.delete(child);
      resolve({ code, ...output });
    }),
  );
  const ready = async () => {
    while (!output.stdout.includes('the coordinator is ready')) {
      if (child.exitCode !== null) throw new Error(`ended early: ${output.stderr}`);
      await sleep(20);
    }
  };
  return { child, ended, ready };
}

const listening = async () => JSON.parse(await readFile(join(state, 'listening.json'), 'utf8')) as { url: string };
const postmaster = async () => (await readPostmaster(join(state, 'postgres', 'data')))?.pid ?? 0;

describe('the coordinator as a process', { timeout: 60_000 }, () => {
  it('starts on an empty directory, closed to others, and ends on SIGTERM with its database', async () => {
    const { child, ended, ready } = coordinator();
    await ready();
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    expect((await fetch(`${(await listening()).url}/readyz`)).status).toBe(200);
    const pid = await postmaster();
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(isAlive(pid)).toBe(false);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'the coordinator has ended', time: expect.stringMatching(/Z$/) as string });
    expect(stdout).not.toContain(await readFile(join(state, 'postgres', 'password'), 'utf8'));
    expect(stdout).not.toContain((await readFile(join(state, 'admin.token'), 'utf8')).trim());
  });

  it('adopts, after a SIGKILL, the database server that was left, refuses a second coordinator, and remembers', async () => {
    const killed = coordinator();
    await killed.ready();
    const token = (await readFile(join(state, 'admin.token'), 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { url } = await listening();
    await fetch(`${url}/api/v1/sites/invitations`, { method: 'POST', headers, body: '{"site":"basel"}' });
    const pid = await postmaster();
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(isAlive(pid)).toBe(true);

    const next = coordinator();
    await next.ready();
    expect(await postmaster()).toBe(pid);
    const sites = await fetch(`${(await listening()).url}/api/v1/sites`, { headers });
    expect(await sites.json()).toMatchObject({ items: [{ site: 'basel', state: 'invited' }] });

    const second = await coordinator().ended;
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('Another coordinator already runs on this database.');
    expect((await fetch(`${(await listening()).url}/readyz`)).status).toBe(200);

    next.child.kill('SIGINT');
    expect((await next.ended).code).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('ends with one sentence and code 2 when a port is taken, and leaves no database server', async () => {
    const taken: Server = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    for (const flag of ['--http-port', '--grpc-port']) {
      const { code, stderr } = await coordinator(flag, String(port)).ended;
      expect(code).toBe(2);
      expect(stderr).toContain(String(port));
      expect(stderr.trim().split('\n')).toHaveLength(2);
      expect(await postmaster()).toBe(0);
    }
    await new Promise((resolve) => taken.close(resolve));
  });

  it('ends with code 2 for another consortium, an unknown flag, or none', async () => {
    expect(await coordinator('--consortium', 'lung').ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"heart"') as string,
    });
    expect((await coordinator('--port', '1').ended).code).toBe(2);
  });
});
