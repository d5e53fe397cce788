import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CohortSchema } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { CohortSource, loadCohort, type CohortRequest } from '../index.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const data = [process.env['CONSILIUM_DATA'], join(root, '../shared/data')].find(
  (folder): folder is string => folder !== undefined && existsSync(join(folder, 'breast-ultrasound')),
);

const part = (name: string) => ({ name, columns: { image: `${name}_images`, label: `${name}_labels` } });

/** As the archives of MedMNIST are, with the validation part left aside. */
function request(path: string): CohortRequest {
  return {
    source: CohortSource.parse({ type: 'npz', path, parts: ['train', 'val', 'test'].map(part), partColumn: 'part' }),
    schema: CohortSchema.parse({
      name: 'medmnist',
      outcome: { column: 'label', positive: '= 0' },
      inputs: { image: { type: 'image', height: 28, width: 28, range: [0, 255], center: 127.5, scale: 127.5, bits: 8 } },
      split: { column: 'part', train: 'train', test: 'test' },
    }),
  };
}

describe.skipIf(!data)('archives of MedMNIST (data from CONSILIUM_DATA or ../shared/data; skipped where neither is there)', () => {
  const of = (name: string) => loadCohort(request(join(data ?? '', name)));
  const positive = (y: Float32Array) => y.reduce((sum, value) => sum + value, 0);

  it('give the breast ultrasound images and labels that the data set counts', async () => {
    const { train, test, columns } = await of('breast-ultrasound/breastmnist.npz');
    expect(columns).toEqual(['image[28,28,1]']);
    expect([train.y.length, positive(train.y), test.y.length, positive(test.y)]).toEqual([546, 147, 156, 42]);
    expect(train.x.length).toBe(546 * 784);
    expect(train.x.every((value) => value >= -1 && value <= 1)).toBe(true);
  });

  it('give the chest X-rays', async () => {
    const { train, test } = await of('pneumonia-xray/pneumoniamnist.npz');
    expect([train.y.length, positive(train.y), test.y.length, positive(test.y)]).toEqual([3882, 388, 624, 234]);
  });
});
