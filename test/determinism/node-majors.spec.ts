import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const REPLAY = join(import.meta.dirname, 'replay.mjs');
/** Brought by `npm ci` on Linux with x64 (`optionalDependencies`). */
const OLDER_NODE = join(import.meta.dirname, '../../node_modules/node22-linux-x64/bin/node');

interface Replayed {
  readonly node: string;
  readonly rounds: number;
  readonly digest: string;
}

async function replay(node: string, ...args: readonly string[]): Promise<Replayed> {
  return JSON.parse((await run(node, [REPLAY, ...args], { timeout: 30_000 })).stdout) as Replayed;
}

/** Recorded once; every machine, architecture and engine has to reach them. */
const RECORDED = [
  ['fedadam', '30beb3786b888d616f6a54b8556000cfa7cc4cc67ebfb3ff7d4c4eec1eaebe8e'],
  ['fedyogi', '365a284acd9c36050d7ec3c2b2d243b73437a00ce7666ace223428d863920edb'],
] as const;

describe('sites on different versions of Node', () => {
  it.each(RECORDED)('reach the recorded state after 50 rounds of %s', async (name, digest) => {
    expect(await replay(process.execPath, name)).toMatchObject({ rounds: 50, digest });
  });

  it.skipIf(!existsSync(OLDER_NODE)).each(RECORDED)(
    'agree on it: Node 22 and Node 24 (skipped where node_modules has no node22-linux-x64), %s',
    async (name, digest) => {
      const [older, own] = await Promise.all([replay(OLDER_NODE, name), replay(process.execPath, name)]);
      expect([older.node, own.node].map((version) => version.split('.')[0])).toEqual(['22', '24']);
      expect([older.digest, own.digest]).toEqual([digest, digest]);
    },
  );

  it('would notice a sum that differs in the last bit of one value', async () => {
    const digests = await Promise.all(RECORDED.map(async ([name]) => (await replay(process.execPath, name, 'nudged')).digest));
    for (const [index, [, digest]] of RECORDED.entries()) expect(digests[index]).not.toBe(digest);
  });
});
