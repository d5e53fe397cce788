import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { lanesOf, plainSum, someMasks, useWorld } from '../../test/world.js';
import { sha256Hex } from '@consilium/protocol';
import { BLOCK_BYTES, FILE_HEADER_BYTES, POLYNOMIAL_BYTES } from '../blocks/block-file.js';
import { sealToFile } from '../index.js';

const world = useWorld();
const parameters = plainSum(4);
const request = (path: string, over = {}) => ({
  lanes: lanesOf(parameters, (index) => index),
  parameters,
  bfvKey: world.bfvKey,
  checkKey: world.checkKey,
  keyEpoch: 0,
  path,
  masks: someMasks,
  ...over,
});

describe('sealing', () => {
  it('writes exactly the announced bytes, for the owner only, and tells their hash', async () => {
    const path = world.path();
    const written = await sealToFile(request(path));
    expect(written).toEqual({ bytes: parameters.uploadBytes, sha256: sha256Hex(await readFile(path)) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it('never gives the same ciphertext or seed twice for the same lanes', async () => {
    const [first, second] = [world.path(), world.path()];
    await sealToFile(request(first));
    await sealToFile(request(second));
    const [a, b] = [await readFile(first), await readFile(second)];
    expect(a.subarray(0, FILE_HEADER_BYTES)).toEqual(b.subarray(0, FILE_HEADER_BYTES));
    let same = 0;
    for (let at = FILE_HEADER_BYTES; at < a.length; at += 8) same += a.subarray(at, at + 8).equals(b.subarray(at, at + 8)) ? 1 : 0;
    expect(same).toBe(0);
    const seed = (bytes: Buffer) => bytes.subarray(FILE_HEADER_BYTES + POLYNOMIAL_BYTES, FILE_HEADER_BYTES + BLOCK_BYTES.upload);
    expect(seed(a).length).toBe(64);
  });

  it('refuses a lane beyond the levels of one site, and leaves no file', async () => {
    const path = world.path();
    for (const lane of [parameters.levels + 1, -parameters.levels - 1, -(2 ** 31)])
      await expect(sealToFile(request(path, { lanes: lanesOf(parameters, (index) => (index === 5 ? lane : 0)) }))).rejects.toMatchObject({
        code: 'LANE_RANGE',
        message: expect.stringContaining('Lane 5'),
      });
    await expect(sealToFile(request(path, { lanes: new Int32Array(3) }))).rejects.toThrow(RangeError);
    await expect(sealToFile(request(path, { checkKey: new Uint8Array(16) }))).rejects.toThrow(RangeError);
    await expect(sealToFile(request(path, { bfvKey: new Uint8Array(5) }))).rejects.toMatchObject({ code: 'BFV_KEY_INVALID' });
    const lonely = { ...someMasks, pairs: someMasks.pairs.slice(1) };
    await expect(sealToFile(request(path, { masks: lonely }))).rejects.toThrow('masked with 2 neighbours at least, not 1');
    expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([false, false]);
  });
});
