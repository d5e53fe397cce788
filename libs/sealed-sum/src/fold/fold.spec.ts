import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aShape, lanesOf, plainSum, useWorld } from '../../test/world.js';
import { BLOCK_BYTES, FILE_HEADER_BYTES } from '../blocks/block-file.js';
import { sha256Hex } from '@consilium/protocol';
import { sealParameters } from '../parameters/index.js';
import { FoldWorkers } from './fold-workers.js';
import { createFolder, foldUploads, inspectUpload } from './index.js';

const world = useWorld();
const parameters = plainSum(4, 20_000);
const { keyEpoch } = world;
const anUpload = () =>
  world.upload(
    parameters,
    lanesOf(parameters, (index) => index),
  );
const Q = 1152921504605913089n;
const overwrite = async (path: string, change: (bytes: Buffer) => void) => {
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
};

describe('inspecting an upload', () => {
  it('accepts what a site sealed, and has the length the parameters announce', async () => {
    const path = await anUpload();
    await expect(inspectUpload(path, { parameters, keyEpoch })).resolves.toBeUndefined();
    expect((await readFile(path)).length).toBe(parameters.uploadBytes);
  });

  const spoilt: Record<string, [(path: string) => Promise<void>, string]> = {
    'one byte short': [(path) => truncate(path, parameters.uploadBytes - 1), 'its length is'],
    empty: [(path) => truncate(path, 0), 'its length is 0 bytes'],
    'a word equal to q': [
      (path) => overwrite(path, (bytes) => bytes.writeBigUInt64LE(Q, 56 + 8 * 17)),
      'word 17 of block 0 is not below q',
    ],
    'a word of the last block above q': [
      (path) => overwrite(path, (bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, 56 + 2 * BLOCK_BYTES.upload + 8 * 4095)),
      'word 4095 of block 2 is not below q',
    ],
    'random bytes after the header': [
      (path) => overwrite(path, (bytes) => randomBytes(bytes.length - 56).copy(bytes, 56)),
      'is not below q',
    ],
    'random bytes': [(path) => writeFile(path, randomBytes(parameters.uploadBytes)), 'its header is not that of an upload'],
    'a version of tomorrow': [(path) => overwrite(path, (bytes) => bytes.writeUInt32LE(2, 8)), 'its format version is 2'],
    'other block counts': [(path) => overwrite(path, (bytes) => bytes.writeBigUInt64LE(9n, 48)), 'it announces 9 blocks'],
  };
  it.each(Object.entries(spoilt))('refuses %s', async (_, [spoil, sentence]) => {
    const path = await anUpload();
    await spoil(path);
    await expect(inspectUpload(path, { parameters, keyEpoch })).rejects.toMatchObject({
      code: 'CIPHERTEXT_REFUSED',
      message: expect.stringContaining(sentence),
    });
  });

  it('refuses another key epoch and another study of the same length', async () => {
    const path = await anUpload();
    await expect(inspectUpload(path, { parameters, keyEpoch: 4 })).rejects.toThrow('its key epoch is 3, not 4');
    const foreign = sealParameters(aShape({ updateLength: 20_000, updateRange: 2, counts: [] }));
    await expect(inspectUpload(path, { parameters: foreign, keyEpoch })).rejects.toThrow('it was made for other parameters');
  });
});

describe('folding', () => {
  it('gives the same bytes whatever the threads and the order, and tells their hash', async () => {
    const uploads = [await anUpload(), await anUpload(), await anUpload()];
    const hashes = new Set<string>();
    for (const [threads, order] of [
      [1, uploads],
      [2, uploads.toReversed()],
      [3, uploads],
    ] as const) {
      const output = world.path();
      const written = await foldUploads({ uploads: order, output, parameters, keyEpoch, threads });
      const bytes = await readFile(output);
      expect(written).toEqual({ bytes: parameters.foldBytes, sha256: sha256Hex(bytes) });
      expect(bytes.length).toBe(parameters.foldBytes);
      hashes.add(written.sha256);
    }
    expect(hashes.size).toBe(1);
  });

  it('names the upload that is refused, leaves no output, and goes on with the next fold', async () => {
    const uploads = [await anUpload(), await anUpload(), await anUpload()];
    await overwrite(uploads[1]!, (bytes) => bytes.writeBigUInt64LE(Q, FILE_HEADER_BYTES));
    const output = world.path();
    await expect(world.folds.fold({ uploads, output, parameters, keyEpoch })).rejects.toMatchObject({
      code: 'CIPHERTEXT_REFUSED',
      problems: [{ path: 'uploads[1]' }],
    });
    await truncate(uploads[2]!, 100);
    await expect(world.folds.fold({ uploads, output, parameters, keyEpoch })).rejects.toMatchObject({
      code: 'CIPHERTEXT_REFUSED',
      problems: [{ path: 'uploads[2]' }],
    });
    expect([existsSync(output), existsSync(`${output}.partial`)]).toEqual([false, false]);
    await expect(world.folds.fold({ uploads: [uploads[0]!], output, parameters, keyEpoch })).resolves.toBeDefined();
  });

  it('refuses more uploads than the parameters allow, none, and one twice', async () => {
    const path = await anUpload();
    for (const uploads of [[], [path, path], ['1', '2', '3', '4', '5']])
      await expect(world.folds.fold({ uploads, output: world.path(), parameters, keyEpoch })).rejects.toThrow(RangeError);
  });

  it('runs several folds at a time on the same workers', async () => {
    const uploads = [await anUpload(), await anUpload()];
    const folds = await Promise.all([1, 2, 3].map(() => world.folds.fold({ uploads, output: world.path(), parameters, keyEpoch })));
    expect(new Set(folds.map(({ sha256 }) => sha256)).size).toBe(1);
  });
});

describe('a worker of the fold', () => {
  const worker = (code: string) => new URL(`data:text/javascript,import { parentPort } from 'node:worker_threads'; ${code}`);
  const task = { uploads: [], dropped: [], firstBlock: 0, blocks: 1 };
  const failures: Record<string, [string, string]> = {
    'that exits': [`parentPort.on('message', () => process.exit(7))`, 'ended with code 7'],
    'that throws': [`parentPort.on('message', () => { throw new Error('no') })`, 'ended with an error'],
    'that never answers': [`parentPort.on('message', () => undefined)`, 'made no progress'],
    'that cannot start': [`throw new Error('no')`, 'ended with an error'],
  };
  it.each(Object.entries(failures))('%s costs its task and not the process', async (_, [code, sentence]) => {
    const workers = new FoldWorkers({ threads: 1, stallMs: sentence.includes('progress') ? 200 : 10_000, entry: worker(code) });
    await expect(workers.run(task)).rejects.toMatchObject({ code: 'FOLD_FAILED', message: expect.stringContaining(sentence) });
    await expect(workers.run(task)).rejects.toMatchObject({ code: 'FOLD_FAILED' });
    await workers.close();
  });

  it('is ended by close, and what it was at is rejected', async () => {
    const folder = createFolder({ threads: 1 });
    const fold = folder.fold({ uploads: [await anUpload()], output: world.path(), parameters, keyEpoch });
    const [outcome] = await Promise.allSettled([fold, folder.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'FOLD_FAILED' } });
  });
});
