import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_FILES, type AppendFile } from '@consilium/ledger';
import { SiteName, StudyHash } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Spool, type SpoolObject } from '../../coordinator/src/aggregation/spool.js';
import { agree, fold, launched, sitesNamed, testStudy, TestWorld, upload } from '../../coordinator/src/rounds/builders.js';
import { studyWords } from '../../coordinator/src/studies/study-words.js';
import { judgeDisk } from '../../site-agent/src/doctor/checks/state-disk.js';
import { refusalOf } from '../../site-agent/src/rounds/site-refused.js';
import { writePrivateFile } from '../../site-agent/src/state/index.js';
import { BudgetWorld } from '../support/budget-world.js';

/** How much a disk still takes: bytes for the spool, writes of small files; the seam is the system's own calls. */
const disk = vi.hoisted(() => ({ freeBytes: 2 ** 40, failAt: Infinity, calls: 0 }));
const full = vi.hoisted(() => () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, statfs: () => Promise.resolve({ bavail: disk.freeBytes, bsize: 1 }) };
});
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const counted =
    <Args extends unknown[], T>(call: (...args: Args) => T) =>
    (...args: Args): T => {
      disk.calls += 1;
      if (disk.calls >= disk.failAt) throw full();
      return call(...args);
    };
  return { ...real, writeSync: counted(real.writeSync as never), fsyncSync: counted(real.fsyncSync) };
});

const MIB = 2 ** 20;
const EVERYBODY = sitesNamed('a', 'b', 'c', 'd');
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'full-disk-'))));
afterEach(() => {
  Object.assign(disk, { freeBytes: 2 ** 40, failAt: Infinity, calls: 0 });
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('OPS-3 at the coordinator: a spool of 24 MB and an update of 40 MB', () => {
  const object: SpoolObject = {
    kind: 'contribution',
    study: StudyHash.parse('ab'.repeat(32)),
    round: 1,
    attempt: 0,
    site: SiteName.parse('a'),
  };

  it('refuses the upload before its first byte, keeps what it had, and goes on once there is space', async () => {
    const spool = new Spool(join(folder, 'spool'));
    const begun = await spool.append(object, 0, 10);
    await begun.write(Buffer.alloc(10, 1));
    await begun.close();
    disk.freeBytes = 24 * MIB;
    await expect(spool.append(object, 10, 40 * MIB)).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('not enough disk'),
    });
    expect(await spool.partSize(object)).toBe(10);
    disk.freeBytes = 2 ** 40;
    const goingOn = await spool.append(object, 10, 40 * MIB);
    await goingOn.write(Buffer.alloc(5, 2));
    await goingOn.close();
    expect(await spool.partSize(object)).toBe(15);
  });

  it('announces no round for which there is no room, tells why, and goes on by itself once there is', async () => {
    disk.freeBytes = 64 * MIB;
    const world = fold(upload(launched(new TestWorld(testStudy())), ...EVERYBODY));
    world.spoolRoom = await new Spool(join(folder, 'spool')).room();
    agree(world, 'state 1', ...EVERYBODY);
    const announced = () => world.stored.filter(({ event }) => event.type === 'announced').length;
    expect(announced()).toBe(1);
    expect(studyWords(world.state, undefined, world.connected, world.spoolRoom).reason).toContain("space on the coordinator's disk");
    world.pass(3_600_000);
    expect([announced(), world.state.activity.phase]).toEqual([1, 'waiting']);
    disk.freeBytes = 2 ** 40;
    world.spoolRoom = await new Spool(join(folder, 'spool')).room();
    world.pass(0);
    expect(announced()).toBe(2);
  });
});

describe('OPS-3 at a site: the ledger’s volume is full at reserve', () => {
  let world: BudgetWorld;
  beforeEach(async () => {
    world = new BudgetWorld({ sampling: 1, rounds: 40, publicSize: 40 });
    await world.start();
  });
  afterEach(() => world.stop());

  /** From the `nth` write on the ledger's files take nothing. */
  function fullFrom(nth: number): void {
    const open = NODE_FILES.open.bind(NODE_FILES);
    const replace = NODE_FILES.replace.bind(NODE_FILES);
    let writes = 0;
    const counted = async <T>(work: () => Promise<T>): Promise<T> => {
      writes += 1;
      if (writes >= nth) throw full();
      return work();
    };
    vi.spyOn(NODE_FILES, 'replace').mockImplementation((path, bytes) => counted(() => replace(path, bytes)));
    vi.spyOn(NODE_FILES, 'open').mockImplementation(async (path): Promise<AppendFile> => {
      const file = await open(path);
      return { ...file, write: (bytes, at) => counted(() => file.write(bytes, at)) };
    });
  }

  it('refuses the round before data are touched, at every write in turn, and goes on by itself or with one restart', async () => {
    await world.pay(1);
    const entries = () => readFileSync(world.ledgerFile, 'utf8').split('\n').length;
    for (let nth = 1; nth <= 4; nth += 1) {
      await world.restart('a', () => fullFrom(nth));
      const before = entries();
      const error: unknown = await world.pay(nth + 1).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) {
        expect(refusalOf(error), `write ${nth}`).toEqual({ code: 'DISK_FULL', fields: {} });
        // No line is half there.
        expect(readFileSync(world.ledgerFile, 'utf8').endsWith('\n'), `write ${nth}`).toBe(true);
        expect(entries()).toBeGreaterThanOrEqual(before);
      }
      expect(world.at('a').state.database.prepare('SELECT count(*) AS n FROM study_cohort').get()).toEqual({ n: 0 });
      vi.restoreAllMocks();
      await world.restart('a');
      await world.pay(nth + 1);
      expect(world.entries('spend').map(({ round }) => round)).toEqual(Array.from({ length: nth + 1 }, (_, index) => index + 1));
    }
    for (const file of filesIn(world.at('a').state.layout.ledgers).filter((name) => !name.endsWith('.lock')))
      expect(statSync(file).size, file).toBeGreaterThan(0);
    expect(world.at('a').state.database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  });
});

describe('OPS-3: a small file of the state', () => {
  it('stays as it was when the disk is full at any write of it, and nothing half-written lies beside it', () => {
    const file = join(folder, 'engine.json');
    writePrivateFile(file, 'before');
    for (let nth = 1; nth <= 2; nth += 1) {
      Object.assign(disk, { calls: 0, failAt: nth });
      expect(() => writePrivateFile(file, 'after')).toThrow('ENOSPC');
      expect(readFileSync(file, 'utf8')).toBe('before');
      expect(readdirSync(folder)).toEqual(['engine.json']);
    }
    Object.assign(disk, { calls: 0, failAt: Infinity });
    writePrivateFile(file, 'after');
    expect(readFileSync(file, 'utf8')).toBe('after');
  });

  it('is said by the doctor before it happens', () => {
    expect(judgeDisk('/state', { type: 0xef53, freeBytes: 10 * MIB, syncMs: 1 })).toMatchObject({ result: 'fail', code: 'DISK_FULL' });
  });
});

const filesIn = (path: string): readonly string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((item) => (item.isFile() ? [join(path, item.name)] : []));
