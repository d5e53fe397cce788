import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex, type ResolvedStudy } from '@consilium/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { study } from '../../test/training-jobs.js';
import { startingWeightsOf } from './starting-file.js';

const folder = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kernel = Buffer.from(Float32Array.of(0.25).buffer);
const bias = Buffer.from(Float32Array.of(-1).buffer);
const from = (format: 'safetensors' | 'tfjs', sha256: string): ResolvedStudy => ({
  ...study,
  model: { type: 'logistic-regression', l2: 0, start: { format, sha256 } },
});

describe('the weights that a study starts from', () => {
  const json = Buffer.from(
    JSON.stringify({
      'layer0/kernel': { dtype: 'F32', shape: [1, 1], data_offsets: [0, 4] },
      'layer0/bias': { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = Buffer.concat([length, json, kernel, bias]);
  const model = Buffer.from(
    JSON.stringify({
      weightsManifest: [
        {
          paths: ['s1.bin', 's2.bin'],
          weights: [
            { name: 'layer0/kernel', shape: [1, 1], dtype: 'float32' },
            { name: 'layer0/bias', shape: [1], dtype: 'float32' },
          ],
        },
      ],
    }),
  );
  writeFileSync(join(folder, 'other.safetensors'), 'something else');
  writeFileSync(join(folder, 'broken.json'), '{');
  writeFileSync(join(folder, 'renamed.safetensors'), file);
  mkdirSync(join(folder, 'net'));
  writeFileSync(join(folder, 'net', 'model.json'), model);
  writeFileSync(join(folder, 'net', 's1.bin'), kernel);
  writeFileSync(join(folder, 'net', 's2.bin'), bias);

  it('are found by their hash, whatever the file is called and whatever lies beside it', () => {
    expect(startingWeightsOf(from('safetensors', sha256Hex(file)), folder)).toEqual(Float64Array.of(0.25, -1));
    expect(startingWeightsOf(from('tfjs', sha256Hex(Buffer.concat([model, kernel, bias]))), folder)).toEqual(Float64Array.of(0.25, -1));
    expect(startingWeightsOf(study, folder)).toBeUndefined();
  });

  it('are missing without the file, with another one, and without a folder', () => {
    const refused = expect.objectContaining({ refusal: { code: 'WEIGHTS', fields: { sha256: 'ab'.repeat(32), why: 'missing' } } });
    for (const where of [folder, undefined, join(folder, 'nowhere')])
      expect(() => startingWeightsOf(from('safetensors', 'ab'.repeat(32)), where)).toThrow(refused);
  });

  it('are refused where the file is the right one and is no file of weights', () => {
    const sha256 = sha256Hex(Buffer.from('something else'));
    expect(() => startingWeightsOf(from('safetensors', sha256), folder)).toThrow(
      expect.objectContaining({ refusal: { code: 'WEIGHTS', fields: { sha256, why: 'form' } } }),
    );
  });
});
