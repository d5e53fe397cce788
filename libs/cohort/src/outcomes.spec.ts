import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortSchema } from '@consilium/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCohort, CohortSource, loadCohort } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'outcomes-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;

const requestOf = (lines: readonly string[], schema: object) => {
  const path = join(folder, `table-${(written += 1)}.csv`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return {
    source: CohortSource.parse({ type: 'csv', path }),
    schema: CohortSchema.parse({ name: 'c', inputs: { a: { range: [0, 100] } }, split: { column: 's', train: 't', test: 'e' }, ...schema }),
  };
};

/** Input a and outcome y of each training row, by a. */
async function outcomes(lines: readonly string[], schema: object): Promise<readonly (readonly number[])[]> {
  const { train } = await loadCohort(requestOf(lines, schema));
  return Array.from(train.y, (y, row) => [train.x[row]!, y]).sort(([one = 0], [other = 0]) => one - other);
}

describe('an outcome', () => {
  it("of classes becomes the place in the study's list, whatever occurs at the site", async () => {
    const outcome = { type: 'class', column: 'o', levels: ['flu', 'cold', 'none'], aliases: { FLU: 'flu' } };
    expect(await outcomes(['a,o,s', '1,none,t', '2,FLU,t', '3,flu,t'], { outcome })).toEqual([
      [1, 2],
      [2, 0],
      [3, 0],
    ]);
  });

  it('of a level that the study does not list refuses the cohort', async () => {
    const outcome = { type: 'ordinal', column: 'o', levels: ['low', 'mid', 'high'] };
    const { problems } = await checkCohort(requestOf(['a,o,s', '1,highest,t'], { outcome }));
    expect(problems).toMatchObject([{ code: 'COHORT_RANGE', column: 'o' }]);
  });

  it('that is a quantity is transformed and scaled by public constants', async () => {
    const outcome = { type: 'number', column: 'o', range: [0, 400], transform: 'sqrt', center: 5, scale: 2 };
    expect(await outcomes(['a,o,s', '1,49,t'], { outcome })).toEqual([[1, 1]]);
  });

  it('is refused where its transform is not defined on its range', async () => {
    const outcome = { type: 'number', column: 'o', range: [0, 400], transform: 'log' };
    await expect(checkCohort(requestOf(['a,o,s', '1,49,t'], { outcome }))).rejects.toMatchObject({ code: 'INVALID_STUDY' });
  });

  it('of time to event has the sign of what was seen, also at time 0, and the report counts events', async () => {
    const outcome = { type: 'survival', column: 'time', range: [0, 9000], event: { column: 'died', positive: '= 1' } };
    const lines = ['a,time,died,s', '1,100,1,t', '2,50,0,t', '3,0,1,t'];
    expect(await outcomes(lines, { outcome })).toEqual([
      [1, 100],
      [2, -50],
      [3, Math.fround(1e-6)],
    ]);
    const { train } = await checkCohort(requestOf(lines, { outcome }));
    expect(train).toMatchObject({ rows: 3, positive: 2 });
  });

  it('that is a count takes whole numbers from its range', async () => {
    const outcome = { type: 'count', column: 'o', range: [0, 10] };
    expect(await outcomes(['a,o,s', '1,3,t'], { outcome })).toEqual([[1, 3]]);
    const { problems } = await checkCohort(requestOf(['a,o,s', '1,2.5,t', '2,11,t'], { outcome }));
    expect(problems.map(({ code }) => code).sort()).toEqual(['COHORT_RANGE', 'COHORT_SCHEMA']);
  });
});

describe('a derived column', () => {
  const outcome = { column: 'o', positive: '= 1' };
  const lines = (header: string, ...rows: string[]) => [`${header},o,s`, ...rows.map((row) => `${row},1,t`)];
  const encoded = async (table: readonly string[], schema: object) => {
    const { train, columns } = await loadCohort(requestOf(table, { outcome, ...schema }));
    return Array.from({ length: train.y.length }, (_, row) =>
      Array.from(train.x.subarray(row * columns.length, (row + 1) * columns.length)),
    );
  };

  it('takes the first column that says something, by its rules', async () => {
    const found = await encoded(lines('a,gene,proxy,race', '1,A/A,C/C,White', '2,,C/C,White', '3,,C/C,Black', '4,,,White'), {
      derive: {
        genotype: {
          firstOf: [
            { column: 'gene' },
            { column: 'proxy', map: { 'C/C': 'G/G', 'T/T': 'A/A' }, where: { column: 'race', equals: ['White'] } },
          ],
        },
      },
      inputs: { a: { range: [0, 9] }, genotype: { levels: ['A/A', 'G/G', 'unknown'], impute: 'unknown' } },
    });
    expect(found.toSorted(([one = 0], [other = 0]) => one - other)).toEqual([
      [1, 0, 0],
      [2, 1, 0],
      [3, 0, 1],
      [4, 0, 1],
    ]);
  });

  it('says whether any of several columns, or a list in one, has what is asked for; empty stays missing', async () => {
    const found = await encoded(lines('a,x,y,list', '1,0,1,3;8', '2,0,,8', '3,,,'), {
      derive: {
        drug: { anyOf: { columns: ['x', 'y'], equals: [1] } },
        atrial: { contains: { column: 'list', separator: ';', members: [3] } },
      },
      inputs: {
        a: { range: [0, 9] },
        drug: { levels: [0, 1], impute: 0, missingFlag: true },
        atrial: { levels: [0, 1], impute: 0, missingFlag: true },
      },
    });
    expect(found.toSorted(([one = 0], [other = 0]) => one - other)).toEqual([
      [1, 1, 0, 1, 0],
      [2, 0, 0, 0, 0],
      [3, 0, 1, 0, 1],
    ]);
  });

  it('misses a column that the file lacks by its name', async () => {
    const { problems } = await checkCohort(
      requestOf(lines('a,x', '1,0'), {
        outcome,
        derive: { drug: { anyOf: { columns: ['x', 'y'], equals: [1] } } },
        inputs: { drug: { levels: [0, 1] } },
      }),
    );
    expect(problems).toMatchObject([{ code: 'COHORT_SCHEMA', column: 'y' }]);
  });
});

describe('a numeric input', () => {
  it('is transformed, or measured by its distance, then scaled and cut; one column may give two inputs', async () => {
    const { train } = await loadCohort(
      requestOf(['t,o,s', '39,1,t'], {
        outcome: { column: 'o', positive: '= 1' },
        inputs: {
          fever: { column: 't', range: [30, 45], deviationFrom: 37, scale: 4 },
          root: { column: 't', range: [30, 45], transform: 'square', center: 1421, scale: 10, limit: 3 },
        },
      }),
    );
    expect(Array.from(train.x)).toEqual([0.5, 3]);
  });
});
