import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SiteName, StudyHash } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool, type SpoolObject } from './spool.js';

const study = StudyHash.parse('ab'.repeat(32));
const contribution = (site: string, round = 1, attempt = 0): SpoolObject => ({
  kind: 'contribution',
  study,
  round,
  attempt,
  site: SiteName.parse(site),
});
const fold = (round = 1, attempt = 0): SpoolObject => ({ kind: 'fold', study, round, attempt });
const bundle: SpoolObject = { kind: 'bundle', study };

describe('the spool', () => {
  let root: string;
  let spool: Spool;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'consilium-spool-'));
    spool = new Spool(join(root, 'spool'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(object: SpoolObject, bytes: Uint8Array, offset = 0): Promise<void> {
    const writer = await spool.append(object, offset, bytes.length);
    await writer.write(bytes);
    await writer.close();
  }

  async function whole(object: SpoolObject, bytes: Uint8Array = randomBytes(10)): Promise<void> {
    await write(object, bytes);
    await spool.keep(object);
  }

  it('calls an upload whole only once it is kept', async () => {
    const bytes = randomBytes(100);
    const object = contribution('a');
    await write(object, bytes);
    expect([await spool.partSize(object), await spool.wholeSize(object)]).toEqual([100, undefined]);
    await spool.keep(object);
    expect([await spool.partSize(object), await spool.wholeSize(object)]).toEqual([0, 100]);
    expect(await readFile(spool.pathOf(object))).toEqual(bytes);
  });

  it('goes on where an upload was broken, and forgets what lay beyond', async () => {
    const bytes = randomBytes(100);
    const object = contribution('a');
    await write(object, Buffer.concat([bytes.subarray(0, 40), randomBytes(25)]));
    await write(object, bytes.subarray(40), 40);
    expect(await spool.partDigest(object, bytes.length)).toEqual(createHash('sha256').update(bytes).digest());
  });

  it('begins anew at offset 0, whatever was there', async () => {
    const object = contribution('a');
    await write(object, randomBytes(100));
    await write(object, Buffer.from('new'));
    expect(await spool.partSize(object)).toBe(3);
  });

  it('keeps files closed to others whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await write(contribution('a'), randomBytes(1));
    } finally {
      process.umask(before);
    }
    const path = `${spool.pathOf(contribution('a'))}.part`;
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  });

  it('refuses before the first byte what the disk cannot hold', async () => {
    const refused = spool.append(contribution('a'), 0, 2 ** 60);
    await expect(refused).rejects.toMatchObject({ code: 'DISK_FULL', errorClass: 'failed' });
    expect(await spool.partSize(contribution('a'))).toBe(0);
  });

  it('discards a part, or a whole object that does not count, and minds none that is not there', async () => {
    await write(contribution('a'), randomBytes(5));
    await spool.discardPart(contribution('a'));
    await spool.discardPart(contribution('a'));
    expect(await spool.partSize(contribution('a'))).toBe(0);
    await whole(contribution('a'));
    await spool.discard(contribution('a'));
    await spool.discard(contribution('a'));
    expect(await spool.wholeSize(contribution('a'))).toBeUndefined();
  });

  it('deletes the contributions of a decided attempt, begun ones too, and leaves its sum', async () => {
    for (const site of ['a', 'b']) await whole(contribution(site));
    await write(contribution('c'), randomBytes(5));
    await whole(fold());
    await whole(contribution('a', 2));
    await spool.deleteContributions(study, 1, 0);
    expect(await readdir(dirname(spool.pathOf(fold())))).toEqual(['sum.fold']);
    expect(await spool.wholeSize(contribution('a', 2))).toBe(10);
  });

  it('deletes all of an attempt, or of all rounds, and leaves a released model', async () => {
    await whole(fold(1, 0));
    await whole(fold(1, 1));
    await whole(fold(12, 0));
    await whole(bundle);
    await spool.deleteAttempt(study, 1, 0);
    expect([existsSync(spool.pathOf(fold(1, 0))), existsSync(spool.pathOf(fold(1, 1)))]).toEqual([false, true]);
    await spool.deleteRounds(study);
    expect(await readdir(join(root, 'spool', study))).toEqual(['bundle.json']);
  });

  it('deletes nothing, without complaint, of a study that it does not hold', async () => {
    await spool.deleteContributions(study, 1, 0);
    await spool.deleteAttempt(study, 1, 0);
    await spool.deleteRounds(study);
    expect(existsSync(join(root, 'spool', study))).toBe(false);
  });

  it('counts what it holds', async () => {
    expect((await spool.usage()).used).toBe(0);
    await whole(contribution('a'), randomBytes(100));
    await write(contribution('b'), randomBytes(50));
    const { used, free } = await spool.usage();
    expect(used).toBe(150);
    expect(free).toBeGreaterThan(0);
  });
});
