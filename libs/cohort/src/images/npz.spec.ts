import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortSchema } from '@consilium/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, npy, npz } from '../../test/write-npz.js';
import {
  checkCohort,
  CohortRefused,
  CohortSource,
  loadCohort,
  patientIdentifiers,
  type CohortRequest,
  type IdentifiedSource,
} from '../index.js';
import { npyArray } from './npy.js';
import { readNpz } from './npz.js';

async function identifiersOf(source: IdentifiedSource): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const identifier of patientIdentifiers(source)) found.push(identifier);
  return found;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'consilium-npz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(bytes: Buffer, name = 'case.npz'): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const numbers = (bytes: Buffer) => {
  const array = npyArray(bytes, 'a');
  return Array.from({ length: array.length }, (_, index) => array.number(index));
};

describe('an NPY array', () => {
  it.each([
    ['|u1', bytesOf(Uint8Array.of(0, 200, 255)), [0, 200, 255]],
    ['|b1', bytesOf(Uint8Array.of(0, 1, 1)), [0, 1, 1]],
    ['<u2', bytesOf(Uint16Array.of(0, 300, 65_535)), [0, 300, 65_535]],
    ['<i2', bytesOf(Int16Array.of(-5, 300, 0)), [-5, 300, 0]],
    ['>i2', Buffer.from(bytesOf(Int16Array.of(-5, 300, 0))).swap16(), [-5, 300, 0]],
    ['<f4', bytesOf(Float32Array.of(0.5, -1.25, 3)), [0.5, -1.25, 3]],
    ['<f8', bytesOf(Float64Array.of(0.1, -1e300, 3)), [0.1, -1e300, 3]],
    ['<i8', bytesOf(BigInt64Array.of(-1n, 5n, 7n)), [-1, 5, 7]],
  ])('reads %s', (descr, data, expected) => {
    expect(numbers(npy(descr, [3], data))).toEqual(expected);
  });

  it('reads texts, and identifiers of 64 bits with all their digits', () => {
    const wide = Buffer.from('A\0\0\0é\0\0\0\0\0\0\0B\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
    const text = npyArray(npy('<U3', [2], wide), 'a');
    expect([text.text(0), text.text(1)]).toEqual(['Aé', 'B']);
    expect(npyArray(npy('|S3', [2], Buffer.from('ab\0cde')), 'a').text(0)).toBe('ab');
    expect(npyArray(npy('<i8', [1], bytesOf(BigInt64Array.of(9007199254740993n))), 'a').text(0)).toBe('9007199254740993');
  });

  it.each([
    ['another kind of file', Buffer.from('name,age\nA,1\n'), /not a NumPy array/],
    ['complex numbers', npy('<c8', [1], Buffer.alloc(8)), /type c8/],
    ['objects', npy('|O8', [1], Buffer.alloc(8)), /type O8/],
    ['Fortran order', npy('|u1', [2, 2], Buffer.alloc(4), 'True'), /Fortran/],
    ['fewer elements than the shape', npy('|u1', [3], Buffer.alloc(2)), /cut short/],
    ['a shape beyond all memory', npy('<f8', [2 ** 40, 2 ** 40], Buffer.alloc(8)), /cut short/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => npyArray(bytes, 'a')).toThrow(message);
  });

  it('refuses or reads any bytes, and throws nothing else', () => {
    const whole = npy('<u2', [2, 2], bytesOf(Uint16Array.of(1, 2, 3, 4)));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))), fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          expect(npyArray(bytes, 'a').length).toBeGreaterThanOrEqual(0);
        } catch (cause) {
          expect(cause).toBeInstanceOf(CohortRefused);
        }
      }),
    );
  });
});

describe('an NPZ archive', () => {
  const one = npy('|u1', [4], Buffer.from([1, 2, 3, 4]));

  it('gives the arrays that are asked for', async () => {
    const arrays = await readNpz(written(npz({ a: one, b: one })), ['b']);
    expect([...arrays.keys()]).toEqual(['b']);
    expect(arrays.get('b')?.number(3)).toBe(4);
  });

  it.each<[string, () => Buffer, RegExp]>([
    ['what is no archive', () => Buffer.from('nothing'), /not an NPZ archive/],
    ['an archive cut short', () => npz({ a: one }).subarray(0, 100), /not an NPZ archive/],
    ['an array that is not there', () => npz({ b: one }), /Array a .* is missing/],
    ['an entry that says it is larger than it is', () => npz({ a: one }, (size) => size + 1), /not an NPZ archive/],
    ['an entry that says it is smaller than it is', () => npz({ a: one }, (size) => size - 1), /not an NPZ archive/],
    ['an entry that claims what its bytes cannot hold', () => npz({ a: one }, () => 1_000_000), /not an NPZ archive/],
    ['an array larger than the limit', () => npz({ a: npy('|u1', [2_000_000], Buffer.alloc(2_000_000)) }), /larger than the limit/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(readNpz(written(bytes()), ['a'], 1_500_000)).rejects.toThrow(message);
  });

  it('refuses or reads any changed archive, and throws nothing else', async () => {
    const whole = npz({ a: one });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.integer({ min: 1, max: whole.length }),
        async (changes, length) => {
          const bytes = Buffer.from(whole.subarray(0, length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          try {
            await readNpz(written(bytes, 'fuzz.npz'), ['a']);
          } catch (cause) {
            expect(cause).toBeInstanceOf(CohortRefused);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a cohort of arrays', () => {
  const images = (values: readonly number[]) =>
    npy('|u1', [values.length, 2, 2], Buffer.from(values.flatMap((value) => [value, value + 1, 0, 255])));
  const column = (values: readonly number[]) => npy('|u1', [values.length, 1], Buffer.from(values));
  const ids = (values: readonly string[]) => npy('|S2', [values.length], Buffer.from(values.join('')));

  const archive = () =>
    written(
      npz({
        train_images: images([10, 20, 30]),
        train_labels: column([1, 0, 1]),
        train_ids: ids(['p1', 'p1', 'p2']),
        test_images: images([40]),
        test_labels: column([1]),
        test_ids: ids(['p3']),
      }),
      'cohort.npz',
    );

  function request(path: string, more: { image?: object; parts?: object[]; inputs?: object } = {}): CohortRequest {
    const part = (name: string) => ({ name, columns: { image: `${name}_images`, label: `${name}_labels`, pid: `${name}_ids` } });
    return {
      source: CohortSource.parse({ type: 'npz', path, parts: more.parts ?? [part('train'), part('test')] }),
      schema: CohortSchema.parse({
        name: 'arrays',
        outcome: { column: 'label', positive: '= 1' },
        inputs: { image: { type: 'image', height: 2, width: 2, range: [0, 255], center: 100, scale: 50, ...more.image }, ...more.inputs },
        split: { column: 'split', train: 'train', test: 'test' },
      }),
      patientId: 'pid',
    };
  }

  it('becomes rows as the study declares them, patients counted, the parts as its split', async () => {
    const { columns, train, test } = await loadCohort(request(archive()));
    expect(columns).toEqual(['image[2,2,1]']);
    expect(train.patientCount).toBe(2);
    const rows = Array.from({ length: 3 }, (_, row) => ({ y: train.y[row], x: [...train.x.subarray(row * 4, row * 4 + 4)] }));
    expect(rows.sort((a, b) => (a.x[0] ?? 0) - (b.x[0] ?? 0))).toEqual(
      [
        { y: 1, first: 10 },
        { y: 0, first: 20 },
        { y: 1, first: 30 },
      ].map(({ y, first }) => ({ y, x: [first, first + 1, 0, 255].map((value) => Math.fround((value - 100) / 50)) })),
    );
    expect([test.y[0], test.x[0]]).toEqual([1, Math.fround(-60 / 50)]);
  });

  it('may have further columns: the image stands behind them', async () => {
    const path = written(
      npz({
        train_images: images([10]),
        train_labels: column([1]),
        train_ids: ids(['p1']),
        age: npy('<f4', [1], bytesOf(Float32Array.of(61.5))),
      }),
    );
    const parts = [{ name: 'train', columns: { image: 'train_images', label: 'train_labels', pid: 'train_ids', age: 'age' } }];
    const { columns, train } = await loadCohort(request(path, { parts, inputs: { age: { range: [0, 120] } } }));
    expect(columns).toEqual(['age', 'image[2,2,1]']);
    expect([...train.x]).toEqual([61.5, ...[10, 11, 0, 255].map((value) => Math.fround((value - 100) / 50))]);
  });

  it('has one fingerprint whatever the order of its rows, and another for one other pixel', async () => {
    const of = async (values: readonly number[], labels: readonly number[]) => {
      const path = written(
        npz({ train_images: images(values), train_labels: column(labels), train_ids: npy('|S2', [3], Buffer.from('p1p1p1')) }),
      );
      const parts = [{ name: 'train', columns: { image: 'train_images', label: 'train_labels', pid: 'train_ids' } }];
      return (await checkCohort(request(path, { parts }))).fingerprint;
    };
    const first = await of([10, 20, 30], [1, 0, 1]);
    expect(await of([30, 10, 20], [1, 1, 0])).toBe(first);
    expect(await of([10, 20, 31], [1, 0, 1])).not.toBe(first);
  });

  it.each([
    ['of another size', { height: 4, width: 4 }, 'other-size'],
    ['of another depth', { bits: 12 }, 'other-depth'],
    ['of another number of channels', { channels: 3 }, 'other-channels'],
    ['with pixels outside the range', { range: [0, 100] }, 'outside-range'],
  ])('is refused where its images are %s', async (_, image, reason) => {
    const report = await checkCohort(request(archive(), { image }));
    expect(report.images?.unusable).toMatchObject([{ reason, count: 4 }]);
    expect(report.problems).toContainEqual(expect.objectContaining({ code: 'COHORT_SCHEMA', expected: 'usable-images', count: 4 }));
  });

  it('cuts pixels to the range, or brings images to another size, where the study says so', async () => {
    const cut = await loadCohort(request(archive(), { image: { range: [0, 100], outside: 'clip' } }));
    expect(Math.max(...cut.train.x)).toBe(0);
    const { train } = await loadCohort(request(archive(), { image: { height: 1, width: 1, resize: 'area', center: 0, scale: 1 } }));
    expect([...train.x].sort((a, b) => a - b)).toEqual([10, 20, 30].map((value) => (value + value + 1 + 255) / 4));
  });

  it('is refused where arrays do not fit each other, or a column is not named', async () => {
    const uneven = written(npz({ train_images: images([1, 2]), train_labels: column([1]), train_ids: ids(['p1', 'p2']) }));
    const parts = [{ name: 'train', columns: { image: 'train_images', label: 'train_labels', pid: 'train_ids' } }];
    expect((await checkCohort(request(uneven, { parts }))).problems).toMatchObject([
      { code: 'DATA_UNREADABLE', sentence: expect.stringContaining('not as long') },
    ]);
    const unnamed = [{ name: 'train', columns: { image: 'train_images', pid: 'train_ids' } }];
    expect((await checkCohort(request(uneven, { parts: unnamed }))).problems).toMatchObject([
      { code: 'COHORT_SCHEMA', column: 'label', expected: 'present' },
    ]);
    const flat = [{ name: 'train', columns: { image: 'train_labels', label: 'train_labels', pid: 'train_ids' } }];
    expect((await checkCohort(request(archive(), { parts: flat }))).problems).toMatchObject([
      { sentence: expect.stringContaining('does not hold images') },
    ]);
  });

  it('names its patients without a study', async () => {
    const { source } = request(archive());
    expect(await identifiersOf({ source, patientId: 'pid' })).toEqual(['p1', 'p1', 'p2', 'p3']);
  });
});
