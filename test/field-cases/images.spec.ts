import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCohort, CohortSource, loadCohort, renderReport, type CohortRequest, type ImageFinding } from '@consilium/cohort';
import { CohortSchema } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CASES = join(dirname(fileURLToPath(import.meta.url)), '../cases');
const expected = <T>(name: string): T => JSON.parse(readFileSync(join(CASES, name, 'expected.json'), 'utf8')) as T;

const EIGHT_BIT = { type: 'image', height: 8, width: 8, range: [0, 255] };

function request(folder: string, image: object, more: { source?: object; csv?: string; path?: string | string[] } = {}): CohortRequest {
  return {
    source: CohortSource.parse({
      type: 'dicom',
      path: more.path ?? join(folder, 'images/*.dcm'),
      labels: { path: join(folder, more.csv ?? 'labels.csv') },
      key: { column: 'file' },
      ...more.source,
    }),
    schema: CohortSchema.parse({
      name: 'case',
      outcome: { column: 'label', positive: '= 1' },
      inputs: { image },
      split: { byPatient: { test: 0.25 } },
    }),
    patientId: 'patient_id',
    splitKey: Buffer.alloc(32, 7),
  };
}

let work = '';
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'consilium-images-'));
  cpSync(join(CASES, 'ing-6'), join(work, 'ing-6'), { recursive: true });
  cpSync(join(CASES, 'ing-7'), join(work, 'ing-7'), { recursive: true });
});
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

describe('ING-6: inverted greyscale is brought to one polarity', () => {
  const want = expected<Record<'8bit' | '12of16', { first_row: number[]; sum: number }>>('ing-6');

  it.each([
    ['8bit', 8, 255],
    ['12of16', 12, 4095],
  ] as const)('the %s pair is one and the same image', async (depth, bits, most) => {
    const pixels = async (name: string) => {
      const own = request(CASES, { ...EIGHT_BIT, range: [0, most], bits }, { path: join(CASES, 'ing-6', `${name}-${depth}.dcm`) });
      const source = CohortSource.parse({ ...own.source, labels: { path: join(work, 'one.csv') } });
      writeFileSync(join(work, 'one.csv'), `file,patient_id,label\n${name}-${depth}.dcm,SYN-0001,1\n`);
      const report = await checkCohort({ ...own, source });
      const { train, test } = await loadCohort({ ...own, source });
      return { inverted: report.images?.inverted, x: [...train.x, ...test.x] };
    };
    const [mono1, mono2] = [await pixels('mono1'), await pixels('mono2')];
    expect(mono1.x).toEqual(mono2.x);
    expect(mono2.x.slice(0, 8)).toEqual(want[depth].first_row);
    expect(mono2.x.reduce((sum, value) => sum + value, 0)).toBe(want[depth].sum);
    expect([mono1.inverted, mono2.inverted]).toEqual([1, 0]);
  });
});

describe('ING-7: unusable images are counted, and too many stop the cohort', () => {
  const want = expected<{ listed: number; reasons: Record<string, string> }>('ing-7');

  it('counts each of the eleven with the reason that is expected, and refuses the cohort', async () => {
    const findings: ImageFinding[] = [];
    const report = await checkCohort({ ...request(join(CASES, 'ing-7'), EIGHT_BIT), onImage: (finding) => findings.push(finding) });
    // no-meta.dcm is a data set without file meta information, and read as such.
    expect(report.images).toMatchObject({
      listed: want.listed,
      usable: 4,
      notListed: 0,
      inverted: 0,
      inSplit: { listed: 11, unusable: 7 },
    });
    const details = Object.fromEntries(findings.map(({ name, detail }) => [name.replace(/^.*\//, '').replace('.dcm', ''), detail]));
    expect(details).toEqual(want.reasons);
    expect(report.problems).toMatchObject([{ code: 'COHORT_SCHEMA', column: 'image', expected: 'usable-images', count: 7 }]);
    await expect(loadCohort(request(join(CASES, 'ing-7'), EIGHT_BIT))).rejects.toMatchObject({ code: 'COHORT_SCHEMA' });
  });

  it('says all of it to staff at the site without a file name', async () => {
    const text = renderReport(await checkCohort(request(join(CASES, 'ing-7'), EIGHT_BIT)));
    expect(text).toContain('images: 4 of 11 (36 %) usable');
    expect(text).toContain('7 of 11 images in the split cannot be used (64 %; at most 5 % may be).');
    for (const reason of ['no image inside', 'encoding not supported', 'image cut short', 'not DICOM', 'empty file', 'file missing'])
      expect(text).toMatch(new RegExp(`1  ${reason}`));
    expect(text).not.toMatch(/\.dcm|SYN-/);
  });

  it('takes the usable ones where study and site both allow that many to fall away', async () => {
    const loose = { ...EIGHT_BIT, maxUnusable: 0.7 };
    const { train, test } = await loadCohort(request(join(CASES, 'ing-7'), loose));
    expect(train.y.length + test.y.length).toBe(4);
    const sums = [...train.x, ...test.x].reduce((sum, value) => sum + value, 0);
    expect(sums).toBe(8128 + 8192 + 8256 + 8064);
    const strict = await checkCohort(request(join(CASES, 'ing-7'), loose, { source: { maxUnusable: 0.6 } }));
    expect(strict.images?.limit).toBe(0.6);
    expect(strict.problems).toMatchObject([{ expected: 'usable-images' }]);
  });

  it('has another fingerprint once one more file is readable, and the same while nothing changes', async () => {
    const own = { ...request(join(work, 'ing-7'), EIGHT_BIT), cacheDir: join(work, 'cache') };
    const before = await checkCohort(own);
    expect((await checkCohort(own)).fingerprint).toBe(before.fingerprint);
    copyFileSync(join(work, 'ing-7/images/ok-2.dcm'), join(work, 'ing-7/images/truncated.dcm'));
    const after = await checkCohort(own);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.images?.usable).toBe(5);
    expect(after.images?.repeated).toBe(1);
  });

  it('counts a file that no row names', async () => {
    copyFileSync(join(work, 'ing-7/images/ok-1.dcm'), join(work, 'ing-7/images/unlisted.dcm'));
    const findings: ImageFinding[] = [];
    const report = await checkCohort({ ...request(join(work, 'ing-7'), EIGHT_BIT), onImage: (finding) => findings.push(finding) });
    expect(report.images?.notListed).toBe(1);
    expect(findings).toContainEqual({
      name: join(work, 'ing-7/images/unlisted.dcm'),
      reason: 'not-listed',
      detail: 'no row names this file',
    });
  });
});
