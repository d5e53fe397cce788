import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSiteKeys } from '@consilium/identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../site-agent/src/config/index.js';
import { examine } from '../../site-agent/src/doctor/index.js';
import { makePageLink } from '../../site-agent/src/page/index.js';
import { createState, openState, recordEngine, stateLayout } from '../../site-agent/src/state/index.js';

let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-keys-'));
  umask = process.umask();
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

const state = () => join(folder, 'state');
const modeOf = (path: string) => `0${(statSync(path).mode & 0o777).toString(8)}`;

/** A state as init, join, a first start and `page open` leave it. */
async function filledState(): Promise<void> {
  createState(state());
  await createSiteKeys(stateLayout(state()).siteKeys);
  makePageLink(stateLayout(state()), new Date());
  const opened = openState(state());
  recordEngine(opened, { name: 'wasm', why: 'a test' } as never);
  opened.close();
}

function everything(path: string): readonly string[] {
  return [path, ...readdirSync(path, { recursive: true, withFileTypes: true }).map((item) => join(item.parentPath, item.name))];
}

async function modesFound(settings = '') {
  const file = join(folder, 'site.yaml');
  const text = `site: a\ncoordinator: localhost:1\nstate: state\n${settings}`;
  writeFileSync(file, text, { mode: 0o640 });
  const engine = () => Promise.resolve({ name: 'wasm', why: '' });
  const findings = await examine({ config: parseConfig(text, file), groups: new Set(['site']), engine });
  return findings.find(({ check }) => check === 'modes');
}

describe('OPS-2: keys and state', () => {
  it.each([0o000, 0o022, 0o077])('are 0600 in folders 0700 under a umask of %o, what the page leaves there too', async (mask) => {
    process.umask(mask);
    await filledState();
    for (const path of everything(state())) expect(modeOf(path), path).toBe(statSync(path).isDirectory() ? '0700' : '0600');
    process.umask(umask);
    expect(await modesFound()).toMatchObject({ result: 'ok' });
  });

  it.each([0o644, 0o640, 0o666])(
    'of mode %o, whichever key it is: the doctor names path, mode found, mode needed and the repair',
    async (mode) => {
      await filledState();
      const { siteKeys } = stateLayout(state());
      for (const name of readdirSync(siteKeys)) {
        const path = join(siteKeys, name);
        chmodSync(path, mode);
        expect(await modesFound()).toMatchObject({
          result: 'fail',
          code: 'FILE_MODE',
          evidence: `${path} has mode 0${mode.toString(8)}; 0600 is needed.`,
          fix: `Run: chmod 0600 '${path}'`,
          who: 'site IT',
        });
        // The option of orchestrators admits group read, and nothing wider.
        const admitted = await modesFound('keyFiles: { allowGroupRead: true }\n');
        expect(admitted?.result).toBe(mode === 0o640 ? 'ok' : 'fail');
        chmodSync(path, 0o600);
      }
    },
  );

  it('in a folder of mode 0777, or settings that others can change, are no secret either', async () => {
    await filledState();
    const { keys } = stateLayout(state());
    chmodSync(keys, 0o777);
    expect(await modesFound()).toMatchObject({ result: 'fail', fix: `Run: chmod 0700 '${keys}'` });
    chmodSync(keys, 0o700);
    writeFileSync(join(folder, 'site.yaml'), '');
    chmodSync(join(folder, 'site.yaml'), 0o666);
    expect(await modesFound()).toMatchObject({ result: 'fail', fix: `Run: chmod go-w '${join(folder, 'site.yaml')}'` });
  });
});
