import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CohortSchema, expandNames, metricPlan, publishedTotals, type MetricPlan, type PublishedTotals } from '../../index.js';

/** A whole number that is known as the sum of atoms (disjoint kinds of patients), each with its factor. */
type Row = readonly number[];

/** All numbers that follow from known ones by sums, differences and multiples, whatever the atoms are; exact. */
class Known {
  readonly #pivots: { readonly column: number; readonly row: readonly bigint[] }[] = [];

  #rest(row: Row): readonly bigint[] {
    return this.#pivots.reduce<readonly bigint[]>((left, { column, row: pivot }) => {
      const [a, b] = [pivot[column]!, left[column]!];
      return b === 0n ? left : left.map((value, index) => value * a - pivot[index]! * b);
    }, row.map(BigInt));
  }

  add(row: Row): void {
    const rest = this.#rest(row);
    const column = rest.findIndex((value) => value !== 0n);
    if (column >= 0) this.#pivots.push({ column, row: rest });
  }

  has(row: Row): boolean {
    return this.#rest(row).every((value) => value === 0n);
  }
}

const plan = (outcome: object, levels: readonly string[]): MetricPlan => {
  const cohort = CohortSchema.parse({ name: 'test', outcome, inputs: { sex: { levels } }, split: { byPatient: { test: 0.5 } } });
  return metricPlan({ cohort, metrics: { subgroups: [{ input: 'sex', cuts: undefined }] } });
};

/** Small numbers often, so that something is held back. */
const cell = fc.oneof(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 60 }));

interface Named {
  readonly atoms: readonly number[];
  /** By name of a signed total. */
  readonly meaning: ReadonlyMap<string, Row>;
}

function check({ atoms, meaning }: Named, totals: PublishedTotals): void {
  const value = (row: Row) => row.reduce((sum, factor, atom) => sum + factor * atoms[atom]!, 0);
  const known = new Known();
  for (const [name, row] of meaning) {
    const text = totals[name];
    if (text === null || text === undefined) continue;
    expect(Number(text), name).toBe(value(row));
    expect(Number(text), name).toBeGreaterThanOrEqual(10);
    known.add(row);
  }
  const small = [...meaning, ...pairsOfLevels(meaning)].filter(([, row]) => value(row) < 10);
  for (const [name, row] of small) expect(known.has(row), `${name} = ${value(row)} follows`).toBe(false);
}

/** Two levels as one group: also that is a cell. */
function pairsOfLevels(meaning: Named['meaning']): readonly (readonly [string, Row])[] {
  return [...meaning].flatMap(([name, row]) => {
    const [, level, rest] = /^sex\.(\d)\/(.*)$/.exec(name) ?? [];
    return [0, 1, 2, 3].flatMap((other): readonly (readonly [string, Row])[] => {
      const second = meaning.get(`sex.${other}/${rest}`);
      return second && other > Number(level) ? [[`${name} with ${other}`, row.map((factor, atom) => factor + second[atom]!)]] : [];
    });
  });
}

describe('what is held back of a binary outcome', () => {
  const LEVELS = ['a', 'b', 'c', 'd'];
  const binary = plan({ column: 'y', positive: '> 0' }, LEVELS);
  const KINDS = ['trueNegatives', 'falsePositives', 'falseNegatives', 'truePositives'] as const;
  const DECILE = { trueNegatives: [1, 4], falsePositives: [6, 9], falseNegatives: [1, 4], truePositives: [6, 9] } as const;

  /** Atoms: level × kind × one of two tenths of its side. */
  function build(cells: readonly number[]): { readonly named: Named; readonly counts: Record<string, bigint> } {
    const counts: Record<string, bigint> = {};
    const rows = new Map<string, number[]>();
    const mean = (name: string, atom: number): void => {
      const row = rows.get(name) ?? new Array<number>(cells.length).fill(0);
      row[atom] = 1;
      rows.set(name, row);
    };
    const count = (name: string, by: number): void => void (counts[name] = (counts[name] ?? 0n) + BigInt(by));
    let atom = 0;
    for (const level of LEVELS.keys())
      for (const kind of KINDS)
        for (const decile of DECILE[kind]) {
          const positive = kind === 'truePositives' || kind === 'falseNegatives';
          const right = kind === 'truePositives' || kind === 'trueNegatives';
          for (const prefix of ['', `sex.${level}/`]) {
            for (const name of [kind, 'testPatients']) {
              mean(`${prefix}${name}`, atom);
              count(`${prefix}${name}`, cells[atom]!);
            }
            mean(`${prefix}${positive ? 'positives' : 'negatives'}`, atom);
            mean(`${prefix}${right ? 'correct' : 'wrong'}`, atom);
          }
          // Never signed by itself, and a cell all the same.
          mean(`${kind} of tenth ${decile}`, atom);
          count(`${positive ? 'decilePositives' : 'decileNegatives'}${decile}`, cells[atom]!);
          for (let from = 0; from <= decile; from += 1)
            for (let to = decile; to < 10; to += 1) mean(`calibration.${from}-${to}/${positive ? 'positives' : 'negatives'}`, atom);
          atom += 1;
        }
    return { named: { atoms: cells, meaning: rows }, counts };
  }

  const cells = fc.array(cell, { minLength: 32, maxLength: 32 });

  it('never follows by any sums and differences of what is signed', () => {
    fc.assert(
      fc.property(cells, (atoms) => {
        const { named, counts } = build(atoms);
        const totals = publishedTotals(binary, { ...counts, trainPatients: 100n });
        const joined = [...named.meaning].filter(([name]) => !name.startsWith('calibration') || totals[name] !== undefined);
        check({ atoms, meaning: new Map(joined) }, totals);
      }),
      { numRuns: 200 },
    );
  });

  it('is nothing where all cells are large, and the totals are those that were summed', () => {
    const { counts } = build(new Array<number>(32).fill(12));
    const totals = publishedTotals(binary, { ...counts, trainPatients: 100n });
    expect(Object.values(totals)).not.toContain(null);
    expect(totals).toMatchObject({ truePositives: '96', positives: '192', 'sex.0/truePositives': '24', 'calibration.0-1/positives': '48' });
  });

  it('is all of a level with fewer than ten patients, and the next smallest level with it', () => {
    const sizes = [1, 20, 30, 40];
    const { counts } = build(sizes.flatMap((size) => new Array<number>(8).fill(size)));
    const totals = publishedTotals(binary, counts);
    expect([0, 1, 2, 3].map((level) => totals[`sex.${level}/testPatients`])).toEqual([null, null, '240', '320']);
    expect(Object.entries(totals).filter(([name, value]) => name.startsWith('sex.0/') && value !== null)).toEqual([]);
    expect(totals['sex.2/rocHalves']).not.toBeNull();
  });

  it('shows calibration in place of a confusion table with a small cell, and no number of right predictions beside it', () => {
    // Nobody is called positive: a rare outcome.
    const { counts } = build(LEVELS.flatMap(() => [50, 50, 0, 0, 10, 10, 0, 0]));
    const totals = publishedTotals(binary, counts);
    expect(totals).toMatchObject({
      truePositives: null,
      trueNegatives: null,
      correct: null,
      'calibration.0-1/positives': '40',
      'calibration.2-9/positives': '40',
    });
  });
});

describe('what is held back of several classes', () => {
  const LEVELS = ['a', 'b', 'c'];
  const CLASSES = 4;
  const classes = plan({ type: 'class', column: 'y', levels: ['k0', 'k1', 'k2', 'k3'] }, LEVELS);

  it('never follows by any sums and differences of what is signed', () => {
    // Atoms: level × true class × called class.
    const length = LEVELS.length * CLASSES * CLASSES;
    fc.assert(
      fc.property(fc.array(cell, { minLength: length, maxLength: length }), (atoms) => {
        const meaning = new Map<string, number[]>();
        const counts: Record<string, bigint> = {};
        let atom = 0;
        const add = (name: string): void => {
          const row = meaning.get(name) ?? new Array<number>(length).fill(0);
          row[atom] = 1;
          meaning.set(name, row);
          counts[name] = (counts[name] ?? 0n) + BigInt(atoms[atom]!);
        };
        for (const level of LEVELS.keys())
          for (let truth = 0; truth < CLASSES; truth += 1)
            for (let called = 0; called < CLASSES; called += 1) {
              const right = truth === called;
              for (const name of [right ? 'correct' : 'wrong', 'testPatients']) [name, `sex.${level}/${name}`].forEach(add);
              for (const name of [`support${truth}`, `${right ? 'right' : 'wrong'}${truth}`, `confusion${truth * CLASSES + called}`])
                add(name);
              atom += 1;
            }
        check({ atoms, meaning }, publishedTotals(classes, counts));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is held back of quantities and times', () => {
  it('is everything where fewer than ten patients are left', () => {
    const quantity = plan({ type: 'number', column: 'dose', range: [0, 100] }, ['a', 'b']);
    const totals = publishedTotals(quantity, { contributors: 3n, testPatients: 9n, absoluteError: 5n, trainPatients: 9n, trainLoss: 4n });
    expect(Object.entries(totals).filter(([, value]) => value !== null)).toEqual([
      ['contributors', '3'],
      ['clamped', '0'],
    ]);
  });

  it('is the concordance where fewer than ten events were seen', () => {
    const survival = plan({ type: 'survival', column: 't', range: [0, 100], event: { column: 'd', positive: '= 1' } }, ['a', 'b']);
    const counts = { testPatients: 50n, testLoss: 7n, comparablePairs: 300n, concordantHalves: 400n };
    expect(publishedTotals(survival, { ...counts, events: 9n })).toMatchObject({
      testPatients: '50',
      events: null,
      concordantHalves: null,
    });
    expect(publishedTotals(survival, { ...counts, events: 10n })).toMatchObject({ events: '10', concordantHalves: '400' });
  });

  it('names the same totals at every site, whatever they are', () => {
    const quantity = plan({ type: 'count', column: 'falls', range: [0, 30] }, ['a', 'b']);
    const full = Object.fromEntries(expandNames(quantity.names).map((name) => [name, 1_000n]));
    expect(Object.keys(publishedTotals(quantity, {}))).toEqual(Object.keys(publishedTotals(quantity, full)));
  });
});
