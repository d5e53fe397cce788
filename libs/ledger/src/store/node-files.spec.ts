import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COHORT, gaussian, POPULATION, rounds, STUDY, World, OFFICER } from '../../test/world.js';
import { ledgerPlace } from './ledger-place.js';
import { NODE_FILES } from './node-files.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Another process that takes the lock as the ledger does, says so, and lives until it is killed. */
const holder = (path: string) =>
  spawn(
    process.execPath,
    [
      '-e',
      `const {DatabaseSync}=require('node:sqlite');const d=new DatabaseSync(${JSON.stringify(path)});d.exec('BEGIN EXCLUSIVE');console.log('held');setInterval(()=>{},1e3)`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );

describe('the files of this machine', () => {
  it('keep a ledger over a restart, readable by its owner only, with the lock of one writer', async () => {
    const world = new World();
    const place = ledgerPlace(folder, POPULATION);
    const over = { files: NODE_FILES, place };
    const started = await world.start(over);
    if (started.kind !== 'none') throw new Error(started.kind);
    const ledger = await started.create({ publicSize: 300, delta: 1e-5, largerDelta: false, epsilonMax: 6 });
    await ledger.decide({ kind: 'study', action: 'approve', study: STUDY, epsilonLimit: null, until: null }, OFFICER);
    await ledger.reserve({ study: STUDY, cohort: COHORT, items: [{ purpose: 'training', event: gaussian(20), rounds: rounds(0, 50) }] });
    await expect(world.start(over)).rejects.toMatchObject({ code: 'STATE_IN_USE' });
    const shown = ledger.shown();
    await ledger.close();

    const again = await world.start(over);
    expect(again.kind).toBe('ready');
    if (again.kind !== 'ready') return;
    expect(again.ledger.shown()).toEqual(shown);
    await again.ledger.close();
    expect((await readdir(folder)).toSorted()).toEqual(['heart.jsonl', 'heart.lock', 'heart.note']);
    for (const name of ['heart.jsonl', 'heart.note', 'heart.lock']) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('refuse the lock to a second process, and give it away when the first was killed', async () => {
    const path = join(folder, 'process.lock');
    const other = holder(path);
    await once(other.stdout, 'data');
    expect(await NODE_FILES.lock(path)).toBeUndefined();
    other.kill('SIGKILL');
    await once(other, 'exit');
    const release = await NODE_FILES.lock(path);
    expect(release).toBeDefined();
    expect(await NODE_FILES.lock(path)).toBeUndefined();
    await release?.();
    await (
      await NODE_FILES.lock(path)
    )?.();
  });

  it('replace a file as a whole, and leave nothing behind where they cannot', async () => {
    const path = join(folder, 'note');
    await writeFile(path, 'old');
    await NODE_FILES.replace(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await NODE_FILES.read(join(folder, 'none'))).toBeUndefined();
    const before = await readdir(folder);
    await expect(NODE_FILES.replace(folder, Buffer.from('x'))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(await readdir(folder)).toEqual(before);
  });
});
