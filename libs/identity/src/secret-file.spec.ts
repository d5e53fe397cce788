import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSecretFile, writeSecretFile } from './secret-file.js';
import { secretProblem } from './secret-mode.js';

const secret = Buffer.from('a secret');
let home: string;
let key: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'consilium-secret-'));
  key = join(home, 'keys', 'admin.token');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const mode = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);

async function withUmask<T>(mask: number, act: () => Promise<T>): Promise<T> {
  const before = process.umask(mask);
  try {
    return await act();
  } finally {
    process.umask(before);
  }
}

describe('a secret file', () => {
  it.each([0o000, 0o022, 0o077, 0o777])('is 0600 in a directory 0700 under umask %o', async (mask) => {
    await withUmask(mask, () => writeSecretFile(key, secret));
    expect(await mode(key)).toBe('600');
    expect(await mode(join(home, 'keys'))).toBe('700');
    expect(await readSecretFile(key)).toEqual(secret);
  });

  it('is replaced whole, and nothing is left beside it', async () => {
    await writeSecretFile(key, secret);
    await writeSecretFile(key, Buffer.from('another'));
    expect((await readSecretFile(key)).toString()).toBe('another');
    expect(await readdir(join(home, 'keys'))).toEqual(['admin.token']);
  });

  it('keeps what was there, and leaves nothing behind, when the new one cannot be put into its place', async () => {
    await mkdir(key, { recursive: true, mode: 0o700 });
    await chmod(join(home, 'keys'), 0o700);
    await expect(writeSecretFile(key, secret)).rejects.toMatchObject({ code: 'KEY_FILE_WRITE', message: expect.stringContaining(key) });
    expect(await readdir(join(home, 'keys'))).toEqual(['admin.token']);
  });

  it('is not written into a directory that others can read', async () => {
    await mkdir(join(home, 'open'), { mode: 0o755 });
    await chmod(join(home, 'open'), 0o755);
    await expect(writeSecretFile(join(home, 'open', 'k'), secret)).rejects.toMatchObject({ code: 'KEY_FILE_MODE' });
    expect(await readdir(join(home, 'open'))).toEqual([]);
  });

  it.each(['0644', '0640', '0666', '0604', '0610'])(
    'of mode %s is not used; the message has path, mode found, mode needed and the repair',
    async (found) => {
      await writeSecretFile(key, secret);
      await chmod(key, parseInt(found, 8));
      await expect(readSecretFile(key)).rejects.toMatchObject({
        code: 'KEY_FILE_MODE',
        message: `${key} has mode ${found}; 0600 is needed.`,
        fix: `Run: chmod 600 ${key}`,
      });
      await chmod(key, 0o600);
      expect(await readSecretFile(key)).toEqual(secret);
    },
  );

  it('in a directory of mode 0777 is not used', async () => {
    await writeSecretFile(key, secret);
    await chmod(join(home, 'keys'), 0o777);
    await expect(readSecretFile(key)).rejects.toMatchObject({
      message: `${join(home, 'keys')} has mode 0777; 0700 is needed.`,
      fix: `Run: chmod 700 ${join(home, 'keys')}`,
    });
  });

  it('is read with group read only when that is asked for, and then with nothing more', async () => {
    await writeSecretFile(key, secret);
    await chmod(join(home, 'keys'), 0o750);
    await chmod(key, 0o640);
    await expect(readSecretFile(key)).rejects.toMatchObject({ code: 'KEY_FILE_MODE' });
    expect(await readSecretFile(key, { allowGroupRead: true })).toEqual(secret);
    for (const wider of [0o644, 0o660, 0o666, 0o650]) {
      await chmod(key, wider);
      await expect(readSecretFile(key, { allowGroupRead: true })).rejects.toMatchObject({
        message: expect.stringContaining('0640 is needed'),
      });
    }
  });

  it('is not read through a symbolic link, nor from what is no file', async () => {
    await writeSecretFile(key, secret);
    const link = join(home, 'keys', 'link');
    await symlink(key, link);
    await expect(readSecretFile(link)).rejects.toMatchObject({
      code: 'KEY_FILE_MODE',
      message: expect.stringMatching(/link is a symbolic link.*0600/),
    });
    await mkdir(join(home, 'keys', 'folder'), { mode: 0o700 });
    await expect(readSecretFile(join(home, 'keys', 'folder'))).rejects.toMatchObject({ code: 'KEY_FILE_MODE' });
  });

  it('is read where nothing may be written, and stays as it is', async () => {
    await writeSecretFile(key, secret);
    await chmod(key, 0o400);
    await chmod(join(home, 'keys'), 0o500);
    expect(await readSecretFile(key)).toEqual(secret);
    expect([await mode(key), await mode(join(home, 'keys'))]).toEqual(['400', '500']);
    await chmod(join(home, 'keys'), 0o700);
  });

  it('that is missing, or far too long, is said to be so', async () => {
    await expect(readSecretFile(key)).rejects.toMatchObject({ code: 'KEY_FILE_MISSING' });
    await writeSecretFile(key, Buffer.alloc(70_000));
    await expect(readSecretFile(key)).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
  });

  it.runIf(process.geteuid?.() === 0)('of a foreign owner is not used', async () => {
    await writeSecretFile(key, secret);
    await chown(key, 12_345, 12_345);
    await expect(readSecretFile(key)).rejects.toMatchObject({
      code: 'KEY_FILE_MODE',
      message: `${key} (mode 0600) belongs to user 12345; owner 0 and mode 0600 are needed.`,
      fix: `Run as root: chown 0 ${key} && chmod 600 ${key}`,
    });
  });

  it('writes the bytes it was given', async () => {
    await writeSecretFile(key, secret);
    expect(await readFile(key)).toEqual(secret);
    await writeFile(key, 'edited in place');
    expect(await mode(key)).toBe('600');
  });
});

describe('the rule for secrets', () => {
  const file = { path: '/keys/a key', kind: 'file', mode: 0o600, uid: 0 } as const;

  it('refuses a key of root to an agent that runs as another user, unless group read was allowed', () => {
    expect(secretProblem(file, { uid: 1000, allowGroupRead: false })?.fix).toBe(
      "Run as root: chown 1000 '/keys/a key' && chmod 600 '/keys/a key'",
    );
    expect(secretProblem({ ...file, mode: 0o640 }, { uid: 1000, allowGroupRead: true })).toBeUndefined();
    expect(secretProblem({ ...file, uid: 1001 }, { uid: 1000, allowGroupRead: true })?.code).toBe('KEY_FILE_MODE');
  });

  it('admits exactly the modes that are no wider than needed, of all there are', () => {
    for (let found = 0; found <= 0o7777; found += 1) {
      const admitted = secretProblem({ ...file, mode: found }, { uid: 0, allowGroupRead: false }) === undefined;
      expect(admitted, found.toString(8)).toBe((found & 0o7177) === 0);
    }
  });
});
