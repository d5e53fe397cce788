import { chmod, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSealed, sealTo } from './sealing.js';
import { createSiteKeys, loadSiteKeys, SITE_KEY_FILES } from './site-keys.js';
import { signStatement, verifyStatement } from './statement-signature.js';

const files = Object.values(SITE_KEY_FILES);
let home: string;
let keys: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'consilium-keys-'));
  keys = join(home, 'keys');
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe("a site's keys", () => {
  it.each([0o000, 0o077])('are three files 0600 in a directory 0700 under umask %o, and nothing else', async (mask) => {
    const before = process.umask(mask);
    await createSiteKeys(keys).finally(() => process.umask(before));
    expect((await stat(keys)).mode & 0o7777).toBe(0o700);
    for (const name of files) expect((await stat(join(keys, name))).mode & 0o7777, name).toBe(0o600);
    expect((await readdir(keys)).toSorted()).toEqual(files.toSorted());
    expect(await readdir(home)).toEqual(['keys']);
  });

  it('come back as they were made, and do their work', async () => {
    const made = await createSiteKeys(keys);
    const read = await loadSiteKeys(keys);
    expect(read.transportKeyPem).toBe(made.transportKeyPem);
    expect(read.identityPublicKey).toEqual(made.identityPublicKey);
    expect(read.sealingKey).toEqual(made.sealingKey);
    expect(read.sealingPublicKey).toEqual(made.sealingPublicKey);
    expect([read.identityPublicKey.length, read.sealingPublicKey.length]).toEqual([32, 1216]);

    const statement = { site: 'cleveland', csr: '00'.repeat(32), identityKey: '11'.repeat(32), sealingKey: '22'.repeat(32) };
    const { json, signature } = signStatement('join', statement, read.identityKey);
    expect(verifyStatement('join', json, signature, made.identityPublicKey)).toEqual(statement);

    const context = { info: Buffer.from('info'), aad: Buffer.from('aad') };
    const sealed = await sealTo({ ...context, publicKey: made.sealingPublicKey, plaintext: Buffer.from('words') });
    expect(await openSealed({ ...context, ...sealed, privateKey: read.sealingKey })).toEqual(Buffer.from('words'));
  });

  it('are never overwritten, and are put into an empty directory that is there', async () => {
    await mkdir(keys, { mode: 0o755 });
    const made = await createSiteKeys(keys);
    expect((await stat(keys)).mode & 0o7777).toBe(0o700);
    await expect(createSiteKeys(keys)).rejects.toMatchObject({ code: 'KEYS_EXIST' });
    expect((await loadSiteKeys(keys)).identityPublicKey).toEqual(made.identityPublicKey);
    expect(await readdir(home)).toEqual(['keys']);
  });

  it('are not used when any one of them is readable by others', async () => {
    await createSiteKeys(keys);
    for (const name of files) {
      await chmod(join(keys, name), 0o644);
      await expect(loadSiteKeys(keys), name).rejects.toMatchObject({
        code: 'KEY_FILE_MODE',
        message: expect.stringContaining(`${join(keys, name)} has mode 0644; 0600 is needed`),
      });
      await chmod(join(keys, name), 0o600);
    }
  });

  it('are used with group read where an orchestrator mounts them so', async () => {
    await createSiteKeys(keys);
    await chmod(keys, 0o750);
    for (const name of files) await chmod(join(keys, name), 0o640);
    await expect(loadSiteKeys(keys)).rejects.toMatchObject({ code: 'KEY_FILE_MODE' });
    await expect(loadSiteKeys(keys, { allowGroupRead: true })).resolves.toBeDefined();
  });

  it('that are damaged, missing or of another kind are named by file, without a word of their content', async () => {
    const made = await createSiteKeys(keys);
    for (const name of files) {
      const path = join(keys, name);
      await truncate(path, 20);
      await expect(loadSiteKeys(keys), name).rejects.toMatchObject({ code: 'KEY_FILE_INVALID', message: expect.stringContaining(path) });
      await rm(keys, { recursive: true });
      await createSiteKeys(keys);
    }
    await writeFile(join(keys, SITE_KEY_FILES.identity), made.transportKeyPem);
    await expect(loadSiteKeys(keys)).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
    await rm(join(keys, SITE_KEY_FILES.sealing));
    await expect(loadSiteKeys(keys)).rejects.toMatchObject({ code: 'KEY_FILE_MISSING' });
  });
});
