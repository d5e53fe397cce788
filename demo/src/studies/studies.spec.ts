import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNpz } from '@consilium/cohort';
import { buildBundle, initialState } from '@consilium/learning';
import { StudyHash } from '@consilium/protocol';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../consortium/programs.js';
import { loadSites } from './compare-in-memory.js';
import { ABSOLUTE_ERROR, ACCURACY, AUROC, C_INDEX } from './measures.js';
import { releasedState } from './released-state.js';
import { resplit } from './resplit.js';
import { locateStudyData } from './study-data.js';
import { plainText, privateText } from './study-text.js';
import { ownLine } from './worked-result.js';
import { WORKED_STUDIES } from './worked-studies.js';
import { writeNpz } from './write-npz.js';

const folder = mkdtempSync(join(tmpdir(), 'studies-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scored = (prediction: number[], truth: number[]) => ({ prediction: Float64Array.from(prediction), truth: Float64Array.from(truth) });

describe('a measure', () => {
  it('AUROC is the share of pairs put right, ties half', () => {
    const row = fc.record({ p: fc.integer({ min: 0, max: 5 }), y: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
        const positives = rows.filter(({ y }) => y === 1);
        const negatives = rows.filter(({ y }) => y === 0);
        let right = 0;
        for (const one of positives) for (const other of negatives) right += one.p > other.p ? 1 : one.p === other.p ? 0.5 : 0;
        const area = AUROC.of(
          scored(
            rows.map(({ p }) => p),
            rows.map(({ y }) => y),
          ),
        );
        if (positives.length === 0 || negatives.length === 0) expect(area).toBeNaN();
        else expect(area).toBeCloseTo(right / (positives.length * negatives.length), 12);
      }),
    );
  });

  it('C-index counts pairs whose order is known: an event before the other, who may be censored later', () => {
    // 1 died at 5; 2 died at 10; 3 was last seen at 7: known are (1, 2) and (1, 3).
    expect(C_INDEX.of(scored([3, 2, 1], [5, 10, -7]))).toBe(1);
    expect(C_INDEX.of(scored([1, 2, 1], [5, 10, -7]))).toBe(0.25);
    expect(C_INDEX.of(scored([1, 2], [-5, -7]))).toBeNaN();
  });

  it('accuracy and absolute error are means over rows', () => {
    expect(ACCURACY.of(scored([0.5, 0.49, 0.9], [1, 1, 0]))).toBeCloseTo(1 / 3);
    expect(ABSOLUTE_ERROR.of(scored([10, 20], [12, 17]))).toBe(2.5);
  });
});

describe('the data of worked studies', () => {
  it('are dealt to train and test by patient, the same way each time, about as many for testing', () => {
    const deal = resplit(3, 0.3);
    const parts = Array.from({ length: 4_000 }, (_, patient) => deal('a', String(patient)));
    expect(parts).toEqual(Array.from({ length: 4_000 }, (_, patient) => resplit(3, 0.3)('a', String(patient))));
    expect(parts.filter((part) => part === 'test').length / 4_000).toBeCloseTo(0.3, 1);
    expect(parts).not.toEqual(Array.from({ length: 4_000 }, (_, patient) => resplit(4, 0.3)('a', String(patient))));
  });

  it('are written as archives that a site reads', async () => {
    const path = join(folder, 'some.npz');
    await writeNpz(path, [
      { name: 'images', shape: [2, 1, 2], bytes: Uint8Array.of(1, 2, 3, 255) },
      { name: 'labels', shape: [2], bytes: Uint8Array.of(0, 1) },
    ]);
    const arrays = await readNpz(path, ['images', 'labels']);
    expect(arrays.get('images')?.shape).toEqual([2, 1, 2]);
    expect([0, 1, 2, 3].map((index) => arrays.get('images')?.number(index))).toEqual([1, 2, 3, 255]);
  });

  it('are asked for by name and place where they are not there', () => {
    const warfarin = WORKED_STUDIES.get('warfarin')!;
    expect(() => locateStudyData(warfarin, { CONSILIUM_DATA: folder }, join(folder, 'a', 'b'))).toThrow(
      expect.objectContaining({ code: 'DATA_NOT_FOUND', message: expect.stringContaining('warfarin-iwpc/warfarin.csv') as unknown }),
    );
  });
});

describe.each([...WORKED_STUDIES.values()])('worked study $name', (worked) => {
  const data = [process.env['CONSILIUM_DATA'], join(PROJECT_ROOT, '../shared/data')].find(
    (place) => place !== undefined && worked.files.every((file) => existsSync(join(place, file))),
  );

  it('is a study that sites can read, with privacy and without, at an epsilon of 3', async () => {
    const { study } = await plainText(PROJECT_ROOT, worked);
    expect(study.privacy.mode).toBe('none');
    const noisy = await privateText(PROJECT_ROOT, worked, new Map(study.sites.names.map((site) => [site, 200])));
    expect(noisy.study.privacy).toMatchObject({ mode: 'patient/distributed', epsilonMax: 3, delta: 1e-5 });
  });

  it.skipIf(data === undefined)('finds its data at every site, and no site without patients', async () => {
    const { study } = await plainText(PROJECT_ROOT, worked);
    const sites = await loadSites(study, await worked.prepare(data!, mkdtempSync(join(folder, 'site-'))));
    expect(sites.map(({ cohort }) => cohort.train.patientCount).every((patients) => patients > 0)).toBe(true);
    expect(sites.reduce((sum, { cohort }) => sum + cohort.test.y.length, 0)).toBeGreaterThan(100);
  });
});

it.each([
  ['learn a tensor for themselves', [['algorithm', 'localLayers'], ['layer0/bias']]],
  ['train some tensors only', [['model', 'train'], ['layer0/kernel']]],
] as const)('the released model of a study in which sites %s predicts with every tensor', async (_what, [path, value]) => {
  const { study, hash } = await plainText(PROJECT_ROOT, WORKED_STUDIES.get('warfarin')!, [[path, value]]);
  const state = initialState(study);
  const moved = { ...state, weights: state.weights.map((_, index) => index) };
  const bundle = buildBundle({ study, studyHash: StudyHash.parse(hash), state: moved, round: 60, totals: {} });
  expect(releasedState(study, bundle)).toMatchObject({
    tensors: [{ name: 'layer0/kernel' }, { name: 'layer0/bias' }],
    weights: Float64Array.of(...moved.weights, 0),
  });
});

it('a line of several runs gives mean and deviation', () => {
  const run = (value: number) => [{ pooled: value, meanOfSites: value + 1, bySite: new Map<string, number>() }];
  const { values } = ownLine('x', [run(1), run(3)]);
  expect(values[0]).toMatchObject({ pooled: { mean: 2, deviation: Math.SQRT2, runs: 2 }, meanOfSites: { mean: 3 } });
});
