import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelBundle, modelBundleBytes, parseYaml, StudyFile, type StudyHash } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { httpWorld } from '../test/http-world.js';
import { checkStudyFile } from './check-study.js';
import { formatBytes } from './describe-study.js';
import { progressLine } from './watch-study.js';

// Each command is a process of its own, and some tests run many.
vi.setConfig({ testTimeout: 90_000 });

const PROGRAM = fileURLToPath(new URL('../dist/program/consilium.js', import.meta.url));

let world: Awaited<ReturnType<typeof httpWorld>>;
let folder: string;
beforeAll(async () => {
  world = await httpWorld();
  folder = await mkdtemp(join(tmpdir(), 'consilium-cli-'));
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program as a script would: no terminal, and nothing of this machine's environment. */
function consilium(args: readonly string[], environment: Record<string, string | undefined> = {}): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    CONSILIUM_URL: world.url,
    CONSILIUM_TOKEN_FILE: join(world.state, 'admin.token'),
    ...environment,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env, timeout: 30_000 });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.once('error', reject).once('close', (code) => resolve({ code, ...output }));
  });
}
const json = async (...args: string[]) => {
  const { code, stdout } = await consilium(['--json', ...args]);
  return {
    code,
    ...(JSON.parse(stdout) as { ok: boolean; schema: string; data: Record<string, unknown>; error: Record<string, unknown> }),
  };
};

describe('sites from the command line', () => {
  it('are invited with a token that goes into a private file, and never over one that exists', async () => {
    const first = await consilium(['site', 'invite', 'basel', '-o', 'basel.token']);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('consilium-site join') as string });
    expect((await stat(join(folder, 'basel.token'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'basel.token'), 'utf8')).toMatch(/^consilium-join-1\.\S+\n$/);
    expect(first.stdout).not.toContain('consilium-join-1');
    expect(await json('site', 'invite', 'basel', '-o', 'basel.token')).toMatchObject({
      code: 2,
      ok: false,
      error: { code: 'FILE_EXISTS' },
    });
  });

  it('are listed with the words to compare, and admitted once they have joined', async () => {
    expect(await consilium(['site', 'admit', 'basel'])).toMatchObject({
      code: 5,
      stdout: '',
      stderr: 'basel has been invited, but has not sent its keys yet.\nNext: Its IT runs consilium-site join with the token.\n',
    });
    await world.join('bern', 1);
    const { stdout } = await consilium(['site', 'list']);
    expect(stdout).toMatch(/^SITE +STATE +LAST SEEN/);
    expect(stdout).toMatch(/\nbern +pending +never connected +- +0\.1\.0 +(\w+ ){7}\w+\n/);
    expect(await json('site', 'list')).toMatchObject({
      ok: true,
      schema: 'consilium/cli/v1',
      data: { items: [{ site: 'basel' }, { site: 'bern' }] },
    });
  });
});

describe('a person at the command line', () => {
  const home = () => ({ CONSILIUM_TOKEN_FILE: undefined, CONSILIUM_URL: undefined, XDG_CONFIG_HOME: join(folder, 'config') });

  it('signs in once, and is that person until the token ends or they sign out', async () => {
    const token = new URLSearchParams(new URL((await world.access.setupLink()) ?? '').hash.slice(1)).get('token');
    const ada = { email: 'ada@heart.example', name: 'Ada', password: 'correct horse battery staple' };
    await fetch(`${world.url}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...ada }),
    });
    await writeFile(join(folder, 'password'), `${ada.password}\n`);
    const login = ['login', ada.email, '--url', world.url, '--password-file', 'password'];
    expect(await consilium(login, home())).toMatchObject({ code: 0, stdout: expect.stringContaining(`as ${ada.email}`) as string });
    expect((await stat(join(folder, 'config/consilium/logins.json'))).mode & 0o777).toBe(0o600);
    expect(await consilium(['account', 'list'], home())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ada@heart.example') as string,
    });
    const made = await consilium(['token', 'create', 'notebook', '--scope', 'studies:read', '--days', '3', '-o', 'notebook.token'], home());
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const narrow = { ...home(), CONSILIUM_URL: world.url, CONSILIUM_TOKEN_FILE: join(folder, 'notebook.token') };
    expect(await consilium(['site', 'list'], narrow)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('scope sites:read') as string,
    });
    expect(await consilium(['logout'], home())).toMatchObject({ code: 0 });
    expect(await consilium(['account', 'list'], { ...home(), CONSILIUM_URL: world.url })).toMatchObject({ code: 4 });
    expect(await consilium(login.with(5, 'none'), home())).toMatchObject({ code: 2 });
  });

  it('follows the audit log on this machine, and names the entry that does not hold', async () => {
    const { code, stdout } = await consilium(['audit', 'verify']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ entries, each over the one before\.\nhead \d+:[0-9a-f]{64}\n$/) as string,
    });
    const lines: string[] = [];
    for await (const entry of world.access.audit.all()) lines.push(JSON.stringify(entry));
    await writeFile(
      join(folder, 'audit.jsonl'),
      [...lines.slice(0, 2), lines[2]?.replace('"at":"2', '"at":"1'), ...lines.slice(3)].join('\n'),
    );
    expect(await consilium(['audit', 'verify', 'audit.jsonl'])).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/^Entry \d+ of the audit log does not hold/) as string,
    });
    expect((await consilium(['audit', 'verify', '--head', `1:${'0'.repeat(64)}`])).code).toBe(6);
  });
});

describe('what goes wrong', () => {
  it('has the exit code of its kind, one sentence, and the next step', async () => {
    const gone = { CONSILIUM_URL: 'http://127.0.0.1:1' };
    expect(await consilium(['site', 'list'], gone)).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('cannot be reached') as string,
    });
    expect(await consilium(['site', 'list'], { CONSILIUM_TOKEN_FILE: join(folder, 'none') })).toMatchObject({ code: 4 });
    expect(await consilium(['site', 'list'], { CONSILIUM_URL: 'http://coordinator.example' })).toMatchObject({ code: 2 });
    expect(await consilium(['site', 'lst'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean list?') as string });
    expect(await consilium(['study', 'status', 'nowhere'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no study nowhere.') as string,
    });
    expect(await consilium([])).toMatchObject({ code: 2, stdout: '' });
    expect(await consilium(['--help'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('includes a token that others can read, which is not used', async () => {
    const token = join(folder, 'open.token');
    await writeFile(token, world.token);
    await chmod(token, 0o644);
    const ended = await consilium(['site', 'list'], { CONSILIUM_TOKEN_FILE: token });
    expect(ended).toMatchObject({ code: 4, stderr: expect.stringContaining('chmod 600') as string });
    expect(ended.stderr).not.toContain(world.token);
  });

  it('has the same envelope for programs', async () => {
    expect(await json('site', 'invite', 'bern', '--expires', 'soon')).toMatchObject({
      code: 2,
      schema: 'consilium/cli/v1',
      ok: false,
      error: {
        code: 'INVALID_REQUEST',
        message: expect.any(String) as string,
        fix: expect.any(String) as string,
        help: 'consilium site invite --help',
      },
    });
    expect(await json('site', 'invite')).toMatchObject({ code: 2, ok: false, error: { code: 'USAGE' } });
  });
});

describe('a study file', () => {
  it('made from the template is valid, says what it comes to, and which sites could run it', async () => {
    expect(await consilium(['study', 'new', 'heart-lr', '--template', 'tabular-logistic'])).toMatchObject({ code: 0 });
    const file = join(folder, 'heart-lr.yaml');
    expect(parseYaml(await readFile(file, 'utf8'), StudyFile, 'template').name).toBe('heart-lr');
    const { hash } = await checkStudyFile(file);
    const { data } = await json('study', 'check', 'heart-lr.yaml');
    expect(data).toMatchObject({
      hash,
      rounds: 30,
      thresholds: { n: 4, c: 1, t: 3, m: 3 },
      sites: [{ site: 'site-a', couldRun: false }, {}, {}, {}],
    });
    const { stdout } = await consilium(['study', 'check', 'heart-lr.yaml'], { CONSILIUM_URL: 'http://127.0.0.1:1' });
    expect(stdout).toContain(hash);
    expect(await consilium(['study', 'new', 'heart-lr'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists already') as string,
    });
  });

  it('with a misspelt field is refused before anybody is asked', async () => {
    const text = await readFile(join(folder, 'heart-lr.yaml'), 'utf8');
    await writeFile(join(folder, 'wrong.yaml'), text.replace('localSteps', 'localStep'));
    for (const verb of ['check', 'propose'])
      expect(await consilium(['study', verb, 'wrong.yaml'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Did you mean "localSteps"?') as string,
      });
  });
});

describe('a study', () => {
  it('is proposed, launched and watched to its end, over a restart of the coordinator', { timeout: 60_000 }, async () => {
    const hash = (await json('study', 'propose', 'heart-lr.yaml')).data['hash'] as StudyHash;
    const watching = consilium(['study', 'launch', hash.slice(0, 8), '--watch']);
    while (world.desk.views.get(hash)?.state !== 'running') await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await world.restart(300);
    world.desk.change(hash, { state: 'done', stateReason: 'All rounds are done.', round: 30, phase: null });
    const { code, stdout, stderr } = await watching;
    expect(code).toBe(0);
    expect(stdout).toContain('done: All rounds are done.');
    expect(stderr).toContain(`consilium model get ${hash.slice(0, 8)}`);
    expect(stderr).not.toContain('\r');
  });

  it('that was stopped ends the watch with an error, and one that takes too long with its own', async () => {
    const hash = (await checkStudyFile(join(folder, 'heart-lr.yaml'))).hash;
    expect(await json('study', 'launch', 'heart-lr', '--watch', '--timeout', '1s')).toMatchObject({
      code: 7,
      error: { code: 'WATCH_TIMEOUT' },
    });
    const watching = json('study', 'launch', 'heart-lr', '--watch');
    const seen = world.desk.views.get(hash)?.seq ?? 0;
    while ((world.desk.views.get(hash)?.seq ?? 0) <= seen) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await json('study', 'stop', 'heart-lr')).toMatchObject({ code: 0, data: { state: 'stopped' } });
    expect(await watching).toMatchObject({
      code: 1,
      error: { code: 'STUDY_STOPPED', message: 'Study heart-lr was stopped. Stopped by admin.' },
    });
    expect((await consilium(['study', 'status'])).stdout).toMatch(/^STUDY +HASH +STATE[^]*heart-lr +[0-9a-f]{8} +stopped/);
  });
});

describe('a model', () => {
  it('is fetched once released, as files that are whole, and never for another study', async () => {
    const { hash, study } = await checkStudyFile(join(folder, 'heart-lr.yaml'));
    expect(await json('model', 'get', 'heart-lr', '-o', 'out')).toMatchObject({ code: 5, error: { code: 'NOT_RELEASED' } });
    const { columns, tensors } = study.derived;
    const bundle = ModelBundle.parse({
      schema: 'consilium/model-bundle/v1',
      study: { hash, name: study.name, purpose: study.purpose },
      round: 30,
      model: study.model,
      outcome: { column: 'outcome', positive: '> 0' },
      inputs: study.cohort.inputs,
      columns,
      tensors: tensors.map(({ name, shape }) => ({
        name,
        shape,
        values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5),
      })),
      totals: {},
    });
    world.desk.bundle = modelBundleBytes(bundle);
    expect(await json('model', 'get', 'heart-lr', '-o', 'out')).toMatchObject({ code: 0, data: { study: hash } });
    expect(await readFile(join(folder, 'out', 'coefficients.csv'), 'utf8')).toContain('(intercept)');
    expect(JSON.parse(await readFile(join(folder, 'out', 'model.json'), 'utf8'))).toMatchObject({ round: 30 });
    world.desk.bundle = modelBundleBytes({ ...bundle, study: { ...bundle.study, hash: 'ab'.repeat(32) as StudyHash } });
    expect(await json('model', 'get', 'heart-lr', '-o', 'out')).toMatchObject({ code: 6, error: { code: 'INVALID_BUNDLE' } });
  });
});

describe('words for people', () => {
  it('give bytes in binary units', () => {
    expect([0, 1023, 1024, 4.02 * 2 ** 20].map(formatBytes)).toEqual(['0 B', '1023 B', '1 KiB', '4.02 MiB']);
  });

  it('say in one line where a study is', async () => {
    const { hash } = await checkStudyFile(join(folder, 'heart-lr.yaml'));
    const view = await world.desk.view(hash);
    const metrics = [{ round: 11, contributors: [], trainLoss: 0.5, testLoss: 0.43121, accuracy: 0.8, figures: {}, totals: {} }];
    const sites = view.sites.map((site, index) => ({ ...site, state: index === 0 ? ('training' as const) : ('counted' as const) }));
    const running = { ...view, state: 'running' as const, round: 12, phase: 'uploading', sites, metrics };
    expect(progressLine(running)).toBe(
      `heart-lr running · round 12/30 · uploading · ${sites.length - 1}/${sites.length} sites in · loss 0.4312`,
    );
  });
});
