import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rosterKeys } from './roster-keys.js';

const [old, now] = ['11', '22'].map((byte) => byte.repeat(32)) as [string, string];
const members = [{ site: 'basel', identityKeys: [old, now], words: 'ignored' }];

describe('the keys of a roster file', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'roster-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const keysOf = async (content: unknown) => {
    const file = join(folder, 'roster.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return rosterKeys(file);
  };

  it.each([
    ['what site roster --json prints', { schema: 'x', ok: true, data: { epoch: 1, members } }],
    ['its data', { epoch: 1, members }],
    ['a map from each site to its keys', { basel: [old, now] }],
  ])('are read from %s, and a stranger has none', async (_, content) => {
    const keys = await keysOf(content);
    expect(keys('basel').map((key) => Buffer.from(key).toString('hex'))).toEqual([old, now]);
    expect(keys('zurich')).toEqual([]);
  });

  it.each(['', '{"basel":["00"]}', '{"ok":false,"error":{}}'])('are not read from %j', async (content) => {
    await expect(keysOf(content)).rejects.toMatchObject({ exitCode: 2 });
  });
});
