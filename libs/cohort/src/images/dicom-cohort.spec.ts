import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CohortSchema } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dicomFile, type DicomParts } from '../../test/write-dicom.js';
import { rle } from '../../test/write-rle.js';
import { checkCohort, CohortSource, loadCohort, patientIdentifiers, type CohortRequest, type IdentifiedSource } from '../index.js';
import { ImageCache } from './image-cache.js';
import { pixelDigest } from './pixel-digest.js';
import { fileState } from './source-file.js';

async function identifiersOf(source: IdentifiedSource): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const identifier of patientIdentifiers(source)) found.push(identifier);
  return found;
}

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'consilium-dicom-'));
  mkdirSync(join(root, 'data'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An image of one value, 2 × 2. */
function image(name: string, value: number, parts: DicomParts = {}): void {
  const pixels = parts.pixels ?? Buffer.alloc(4, value);
  writeFileSync(join(root, 'data', name), dicomFile({ sopInstanceUid: `2.25.${value}`, patientId: `P${value}`, ...parts, pixels }));
}
const labels = (...lines: readonly string[]) => writeFileSync(join(root, 'labels.csv'), `${lines.join('\n')}\n`);

/** Files count as settled a minute from now: what was written just before is otherwise read and not taken for known. */
const later = () => Date.now() + 60_000;

function request(source: object = {}, input: object = {}, schema: object = {}): CohortRequest {
  return {
    source: CohortSource.parse({ type: 'dicom', path: 'data/*.dcm', labels: { path: 'labels.csv' }, key: { column: 'file' }, ...source }),
    schema: CohortSchema.parse({
      name: 'chest',
      outcome: { column: 'label', positive: '= 1' },
      inputs: { image: { type: 'image', height: 2, width: 2, range: [0, 255], ...input } },
      split: { column: 'split', train: 'train', test: 'test' },
      ...schema,
    }),
    patientId: 'pid',
    baseDir: root,
    now: later,
  };
}
const cached = (own: CohortRequest): CohortRequest => ({ ...own, cacheDir: join(root, 'cache') });
const entries = (kind: RegExp) =>
  readdirSync(join(root, 'cache'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && kind.test(entry.parentPath),
  );

describe('a table and its images', () => {
  it('come together by SOP instance, and further columns stand before the image', async () => {
    image('a.dcm', 10);
    image('b.dcm', 20);
    labels('uid,pid,label,split,age', '2.25.20,x,1,train,60', '2.25.10,y,0,train,40');
    const own = request(
      { key: { column: 'uid', is: 'sop-instance-uid' } },
      {},
      { inputs: { image: request().schema.inputs['image'], age: { range: [0, 120] } } },
    );
    const { columns, train } = await loadCohort(own);
    expect(columns).toEqual(['age', 'image[2,2,1]']);
    const rows = [0, 1].map((row) => [train.y[row], ...train.x.subarray(row * 5, row * 5 + 5)]).sort((a, b) => (a[1] ?? 0) - (b[1] ?? 0));
    expect(rows).toEqual([
      [0, 40, 10, 10, 10, 10],
      [1, 60, 20, 20, 20, 20],
    ]);
  });

  it('come together by patient: a row for each image of the patient, named by the files', async () => {
    image('a.dcm', 1, { patientId: 'P' });
    image('b.dcm', 2, { patientId: 'P' });
    image('c.dcm', 3, { patientId: 'Q' });
    labels('who,label,split', 'P,1,train', 'Q,0,train');
    const { train } = await loadCohort(request({ key: { column: 'who', is: 'patient-id' }, patientFrom: 'dicom' }));
    expect(train.y.length).toBe(3);
    expect(train.patientCount).toBe(2);
    const { source } = request({ patientFrom: 'dicom' });
    expect(await identifiersOf({ source, patientId: 'pid', baseDir: root })).toEqual(['P', 'P', 'Q']);
  });

  it('count an image whose pixels cannot be used under its own reason, also where another key than its name is used', async () => {
    image('a.dcm', 1, { syntax: '1.2.3.4' });
    image('b.dcm', 2, { rows: 9 });
    labels('uid,pid,label,split', '2.25.1,x,1,train', '2.25.2,y,1,train', '2.25.3,z,1,train');
    const report = await checkCohort(request({ key: { column: 'uid', is: 'sop-instance-uid' } }));
    expect(report.images?.unusable.map(({ reason }) => reason).sort()).toEqual(['absent', 'truncated', 'unknown-syntax']);
    expect(report.images?.notListed).toBe(0);
  });

  it('tell two files of one name apart by their folders, and refuse a name that means both', async () => {
    mkdirSync(join(root, 'data/one'));
    mkdirSync(join(root, 'data/two'));
    image('one/a.dcm', 1);
    image('two/a.dcm', 2);
    const own = request({ path: 'data/*/*.dcm' });
    labels('file,pid,label,split', 'one/a.dcm,x,1,train', 'two/a.dcm,y,0,train');
    expect((await loadCohort(own)).train.y.length).toBe(2);
    labels('file,pid,label,split', 'a.dcm,x,1,train');
    expect((await checkCohort(own)).images?.unusable).toMatchObject([{ reason: 'ambiguous', count: 1 }]);
  });

  it('leave a row without an image to what the study says of missing values', async () => {
    image('a.dcm', 1);
    labels('file,pid,label,split', 'a.dcm,x,1,train', ',y,0,train', 'none,z,0,train');
    const input = { missingCodes: ['none'] };
    expect((await checkCohort(request({}, input))).problems).toMatchObject([
      { code: 'COHORT_SCHEMA', column: 'image', expected: 'complete', count: 2 },
    ]);
    const report = await checkCohort(request({}, input, { onMissing: 'exclude' }));
    expect(report).toMatchObject({ accepted: true, train: { rows: 1 }, excluded: { rows: 2 } });
  });

  it('stop nothing where images that cannot be used lie outside the split', async () => {
    image('a.dcm', 1);
    labels('file,pid,label,split', 'a.dcm,x,1,train', 'gone.dcm,y,0,later');
    const report = await checkCohort(request());
    expect(report).toMatchObject({ accepted: true, images: { listed: 2, usable: 1, inSplit: { listed: 1, unusable: 0 } } });
  });

  it('need each other: a study with an image refuses a plain table, one without refuses images', async () => {
    image('a.dcm', 1);
    labels('file,pid,label,split,age', 'a.dcm,x,1,train,50');
    const table = { ...request(), source: CohortSource.parse({ type: 'csv', path: 'labels.csv' }) };
    expect((await checkCohort(table)).problems).toMatchObject([{ code: 'COHORT_SCHEMA', column: 'image', expected: 'image' }]);
    const plain = request({}, {}, { inputs: { age: { range: [0, 120] } } });
    expect((await checkCohort(plain)).problems).toMatchObject([{ code: 'DATA_UNREADABLE' }]);
  });
});

describe('the cache of decoded images', () => {
  const compressed = (value: number) => ({ syntax: '1.2.840.10008.1.2.5', pixels: [rle([Buffer.alloc(4, value)])] });
  beforeEach(() => {
    image('a.dcm', 10);
    image('b.dcm', 20, compressed(20));
    labels('file,pid,label,split', 'a.dcm,x,1,train', 'b.dcm,y,0,train');
  });
  const values = async (own: CohortRequest) => [...(await loadCohort(own)).train.x].sort((a, b) => a - b);
  /** Another image under the name of a file that did not change: what no file system would do. */
  const forge = async (name: string, value: number) => {
    const { known = '' } = await fileState(join(root, 'data', name), later());
    const [entry] = entries(/prepared-/);
    const folder = entry?.parentPath ?? '';
    const pixels = new Float32Array(4).fill(value);
    const facts = { patientId: '', sopInstanceUid: '', inverted: false, digest: pixelDigest(pixels) };
    await new ImageCache(dirname(folder)).put(basename(folder), known, facts, pixels);
  };
  const TWO = [10, 10, 10, 10, 20, 20, 20, 20];

  it('gives what decoding gives, without opening the files again', async () => {
    expect(await values(cached(request()))).toEqual(TWO);
    expect(entries(/prepared-/)).toHaveLength(2);
    // Only what was compressed is kept as decoded.
    expect(entries(/raw$/)).toHaveLength(1);
    expect(entries(/./).every(({ parentPath, name }) => (statSync(join(parentPath, name)).mode & 0o777) === 0o600)).toBe(true);
    await forge('a.dcm', 99);
    expect(await values(cached(request()))).toEqual([20, 20, 20, 20, 99, 99, 99, 99]);
  });

  it('decodes for another study from what was decompressed for the first', async () => {
    await loadCohort(cached(request()));
    expect(await values(cached(request({}, { scale: 10 })))).toEqual(TWO.map((value) => value / 10));
    expect(entries(/prepared-/)).toHaveLength(4);
    expect(entries(/raw$/)).toHaveLength(1);
  });

  it('reads a file again once anything of it changed, and forgets what it was', async () => {
    const before = await loadCohort(cached(request()));
    image('a.dcm', 30);
    const after = await loadCohort(cached(request()));
    expect([...after.train.x].sort((a, b) => a - b)).toEqual([20, 20, 20, 20, 30, 30, 30, 30]);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(entries(/prepared-/)).toHaveLength(2);
  });

  it('takes nothing for known that was written a moment ago', async () => {
    const own = { ...cached(request()), now: Date.now };
    expect(await values(own)).toEqual(TWO);
    expect(() => entries(/prepared-/)).toThrow(/ENOENT/);
  });

  it.each<[string, (path: string) => void]>([
    ['cut short', (path) => truncateSync(path, statSync(path).size - 3)],
    ['emptied', (path) => truncateSync(path, 0)],
    [
      'changed in one bit of its pixels',
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
    [
      'changed in what it says',
      (path) => {
        const bytes = readFileSync(path);
        bytes[20] = (bytes[20] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
    ['taken away', (path) => rmSync(path)],
  ])('is no worse than none where an entry was %s', async (_, spoil) => {
    const before = await loadCohort(cached(request()));
    for (const { parentPath, name } of entries(/./)) spoil(join(parentPath, name));
    expect(await loadCohort(cached(request()))).toEqual(before);
  });

  it('is passed over by a check, which opens every file', async () => {
    const { fingerprint } = await loadCohort(cached(request()));
    await forge('a.dcm', 99);
    expect((await loadCohort(cached(request()))).fingerprint).not.toBe(fingerprint);
    expect((await checkCohort(cached(request()))).fingerprint).toBe(fingerprint);
    expect(await values(cached(request()))).toEqual(TWO);
  });

  it('is not missed where nothing can be written', async () => {
    writeFileSync(join(root, 'cache'), 'a file stands where the folder should');
    expect(await values(cached(request()))).toEqual(TWO);
  });
});
