import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const WRAPPER = fileURLToPath(new URL('../../deploy/bin/consilium-site', import.meta.url));
const INSTALLER = fileURLToPath(new URL('../../deploy/install-site.sh', import.meta.url));
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
/** An account that every Linux has, for want of the service's own. */
const ACCOUNT = 'nobody';

/** Installed as install-site.sh does it, with a Node that runs this test. */
describe('the command that IT calls', () => {
  let root: string;
  let home: string;
  const run = (...args: string[]) =>
    spawnSync('sh', [WRAPPER, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: process.env['PATH'], CONSILIUM_HOME: home, CONSILIUM_USER: ACCOUNT },
    });
  const owner = (path: string) => statSync(path).uid;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'consilium-installed-'));
    spawnSync('chmod', ['755', root]);
    home = join(root, 'opt');
    mkdirSync(join(home, 'site-agent/dist/program'), { recursive: true });
    mkdirSync(join(root, 'etc'));
    // A copy: that account may not be able to enter the folder of this one.
    copyFileSync(process.execPath, join(home, 'node'));
    // Says as whom and with what it was called: the agent's own commands have their own tests.
    writeFileSync(
      join(home, 'site-agent/dist/program/consilium-site.js'),
      `const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
       const args = process.argv.slice(2);
       const after = (flag) => args[args.indexOf(flag) + 1];
       const token = args.includes('--token-file') ? readFileSync(after('--token-file'), 'utf8') : null;
       if (args.includes('init')) {
         mkdirSync(after('--state'), { recursive: true });
         writeFileSync(after('--config'), 'site: a\\nstate: ' + after('--state') + '\\n', { mode: 0o640 });
       }
       console.log(JSON.stringify({ uid: process.getuid(), args, token }));
       process.exitCode = args.includes('fail') ? 5 : 0;`,
    );
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const said = (text: string) => JSON.parse(text) as { uid: number; args: string[]; token: string | null };

  it.runIf(isRoot)('is carried out as the account of the service where root calls it, with its own exit code', () => {
    const { stdout, status } = run('status', '--json', 'a b');
    expect(said(stdout)).toMatchObject({ args: ['status', '--json', 'a b'] });
    expect(said(stdout).uid).toBeGreaterThan(0);
    expect(status).toBe(0);
    expect(run('fail').status).toBe(5);
  });

  it.runIf(isRoot)('gives what init makes to that account: the state as its own, the settings to read', () => {
    const [config, state] = [join(root, 'etc/site.yaml'), join(root, 'state')];
    expect(run('--config', config, 'init', '--state', state).status).toBe(0);
    expect(owner(state)).toBeGreaterThan(0);
    expect(owner(config)).toBe(0);
    expect(statSync(config).gid).toBe(statSync(state).gid);
  });

  it.runIf(isRoot)('hands on a token that only root can read, and leaves no copy of it', () => {
    const token = join(root, 'etc', 'token.txt');
    writeFileSync(token, 'the token', { mode: 0o600 });
    const { stdout, status } = run('join', '--token-file', token, '--yes');
    const { args, ...rest } = said(stdout);
    expect([status, rest.token, args[0], args[3]]).toEqual([0, 'the token', 'join', '--yes']);
    expect(args[2]).not.toBe(token);
    expect(existsSync(args[2] ?? '')).toBe(false);
  });

  it('and the installer are shell that every sh reads', () => {
    for (const script of [WRAPPER, INSTALLER, fileURLToPath(new URL('../../deploy/compose/prepare.sh', import.meta.url))]) {
      expect(spawnSync('sh', ['-n', script]).status).toBe(0);
      expect(readFileSync(script, 'utf8')).toMatch(/^#!\/bin\/sh\n(?:#.*\n)+set -eu\n/);
      expect(statSync(script).mode & 0o111).toBe(0o111);
    }
  });
});
