import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { lanesOf, plainSum, aShape, useWorld } from '../../test/world.js';
import { FILE_HEADER_BYTES } from '../blocks/block-file.js';
import { CheckValues } from '../check/check-values.js';
import { generateBfvKey, quantise } from '../index.js';
import { sealParameters } from '../parameters/index.js';

const world = useWorld();
const parameters = plainSum(3);
const Q = 1152921504605913089n;

/** The bytes of a good fold of three sites. */
let good: Buffer;
beforeAll(async () => {
  const uploads = [];
  for (const sign of [1, -1, 1])
    uploads.push(
      await world.upload(
        parameters,
        lanesOf(parameters, (index) => sign * index * 1000),
      ),
    );
  good = await readFile(await world.fold(parameters, uploads));
});

const openBytes = async (bytes: Buffer, contributors = 3, over = {}) => {
  const path = world.path();
  await writeFile(path, bytes);
  return world.open(parameters, path, contributors, over);
};
const changed = (change: (bytes: Buffer) => void) => {
  const bytes = Buffer.from(good);
  change(bytes);
  return bytes;
};
const randomResidues = (bytes: Buffer) => {
  for (let at = FILE_HEADER_BYTES; at < bytes.length; at += 8) bytes.writeBigUInt64LE(randomBytes(8).readBigUInt64LE() % Q, at);
};

describe('opening a fold', () => {
  it('accepts the fold as it was made', async () => {
    expect((await openBytes(good))[7]).toBe(7000);
  });

  it.each([0, 1, 4095, 4096, 8191])('fails the sum check when coefficient %i was changed', async (word) => {
    const bytes = changed((copy) => {
      const at = FILE_HEADER_BYTES + 8 * word;
      copy.writeBigUInt64LE((copy.readBigUInt64LE(at) + Q / 3n) % Q, at);
    });
    await expect(openBytes(bytes)).rejects.toMatchObject({ code: 'SUM_CHECK' });
  });

  it('fails the sum check for random words, another key and another check key', async () => {
    await expect(openBytes(changed(randomResidues))).rejects.toMatchObject({ code: 'SUM_CHECK' });
    await expect(openBytes(good, 3, { bfvKey: await generateBfvKey() })).rejects.toMatchObject({ code: 'SUM_CHECK' });
    await expect(openBytes(good, 3, { checkKey: randomBytes(32) })).rejects.toMatchObject({ code: 'SUM_CHECK' });
  });

  it('fails the sum check when more or fewer uploads were added than the list of contributors says', async () => {
    const counted = sealParameters(aShape({ sites: 3, updateLength: 0 }));
    const { lanes } = quantise({ weight: 1, counts: { patients: 1n } }, counted);
    const uploads = [await world.upload(counted, lanes), await world.upload(counted, lanes)];
    const fold = await world.fold(counted, uploads);
    await expect(world.open(counted, fold, 3)).rejects.toMatchObject({ code: 'SUM_CHECK' });
    await expect(world.open(counted, fold, 1)).rejects.toMatchObject({ code: 'SUM_CHECK' });
    expect(await world.open(counted, fold, 2)).toBeInstanceOf(Int32Array);
  });

  it('refuses a lane sum that its contributors could not have made, though its check value is right', async () => {
    const wide = plainSum(3);
    const fold = await world.fold(wide, [
      await world.upload(
        wide,
        lanesOf(wide, () => wide.levels),
      ),
      await world.upload(
        wide,
        lanesOf(wide, () => wide.levels),
      ),
    ]);
    await expect(world.open(wide, fold, 1)).rejects.toMatchObject({ code: 'SUM_CHECK' });
  });

  it('says the same of every failure, and nothing of its reason', async () => {
    const messages = await Promise.all(
      [openBytes(changed(randomResidues)), openBytes(good, 3, { checkKey: randomBytes(32) })].map((opened) =>
        opened.then(
          () => 'opened',
          (error: Error) => `${error.message} ${String(error.cause)}`,
        ),
      ),
    );
    expect(new Set(messages).size).toBe(1);
  });

  it('refuses a word that is not below q before SEAL sees it', async () => {
    const bytes = changed((copy) => copy.writeBigUInt64LE(Q, FILE_HEADER_BYTES + 8 * 4100));
    await expect(openBytes(bytes)).rejects.toMatchObject({ code: 'CIPHERTEXT_REFUSED', message: expect.stringContaining('word 4100') });
  });

  it('refuses a cut file, another epoch and an upload in its place', async () => {
    await expect(openBytes(good.subarray(0, -1))).rejects.toMatchObject({ code: 'CIPHERTEXT_REFUSED' });
    await expect(openBytes(changed((copy) => copy.writeUInt32LE(9, 12)))).rejects.toThrow('its key epoch is 9, not 3');
    const upload = await world.upload(
      parameters,
      lanesOf(parameters, () => 1),
    );
    await expect(world.open(parameters, upload, 1)).rejects.toMatchObject({ code: 'CIPHERTEXT_REFUSED' });
  });

  it('refuses a key that is not one, whatever its length', async () => {
    for (const bfvKey of [Buffer.alloc(0), randomBytes(world.bfvKey.length), world.bfvKey.subarray(1)])
      await expect(openBytes(good, 3, { bfvKey })).rejects.toMatchObject({ code: 'BFV_KEY_INVALID' });
  });
});

describe('check values', () => {
  it('are linear modulo p, in any pieces', () => {
    const key = randomBytes(32);
    const lanes = Array.from({ length: 1000 }, (_, index) => (index - 500) * 8000);
    const valuesOf = (pieces: readonly number[][]) => {
      const check = new CheckValues(key, 3, 2 ** 46 - 57);
      for (const piece of pieces) check.add(Int32Array.from(piece));
      return check.values();
    };
    const whole = valuesOf([lanes]);
    expect(valuesOf([lanes.slice(0, 3), lanes.slice(3, 700), lanes.slice(700)])).toEqual(whole);
    const twice = valuesOf([lanes.map((lane) => 2 * lane)]);
    expect(twice).toEqual(whole.map((value) => (2 * value) % (2 ** 46 - 57)));
    expect(new Set(whole).size).toBe(3);
  });

  it('find a lane that wrapped into its neighbour, which a check over slots would not', () => {
    const width = 2 ** 23;
    const low = 2 ** 22;
    const honest = new CheckValues(world.checkKey, 3, 2 ** 46 - 57);
    honest.add(Int32Array.of(low, 5));
    const wrapped = new CheckValues(world.checkKey, 3, 2 ** 46 - 57);
    wrapped.add(Int32Array.of(low - width, 6));
    expect(low + 5 * width).toBe(low - width + 6 * width);
    expect(honest.values()).not.toEqual(wrapped.values());
  });
});
