import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CohortRefused, CohortSource, loadCohort, type CohortRequest, type EncodedCohort, type Rows } from '@consilium/cohort';
import { privateSum, type LearningStudy } from '@consilium/learning';
import { normRule, type NormRule } from '@consilium/privacy/mechanism';
import { SeededRandomness } from '@consilium/privacy/simulation';
import { Algorithm, CohortSchema, layerTensors, Model, modelLayers, parameterCount } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'one-patient-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PATIENTS = 48;
const CLIP = 1;
const HEADER = 'pid,age,sex,chol,vessels,pain,num,ward';

/** Everything that the schema can do to a cell: public constants, stand-ins, flags, levels, aliases, a level for the rest. */
const schema = CohortSchema.parse({
  name: 'heart',
  outcome: { column: 'num', positive: '> 0', range: [0, 4] },
  inputs: {
    age: { type: 'integer', range: [18, 100], center: 54, scale: 9 },
    sex: { levels: ['F', 'M'], aliases: { female: 'F', male: 'M' }, impute: 'F', missingFlag: true },
    chol: { range: [80, 650], center: 245, scale: 55, missingCodes: [0], impute: 'center', missingFlag: true },
    // Nothing stands in for it: a record without it is left out.
    vessels: { type: 'integer', range: [0, 3] },
    pain: { levels: ['typical', 'atypical', 'none', 'unknown'], other: 'unknown', missingCodes: ['?'], impute: 'none' },
  },
  onMissing: 'exclude',
  exclude: [{ column: 'ward', equals: ['research'] }],
  split: { byPatient: { test: 0.2 } },
});

/** One to four records a patient, apart from one another in the file; every eighth patient lies at the ends of the ranges. */
function records(): readonly { readonly id: string; readonly line: string }[] {
  const words = new SeededRandomness('one patient');
  const draw = (below: number) => words.next() % below;
  const oneOf = (...texts: readonly string[]) => texts[draw(texts.length)]!;
  return [0, 1, 2, 3].flatMap((visit) =>
    Array.from({ length: PATIENTS }, (_, patient) => ({ patient, id: `p${patient}` }))
      .filter(({ patient }) => visit <= patient % 4)
      .map(({ patient, id }) => {
        const extreme = patient % 8 === 0;
        const chol = extreme ? '650' : oneOf('', '0', `${150 + draw(200)}`, `${150 + draw(200)}.5`);
        const age = extreme ? '100' : `${35 + draw(40)}`;
        const sex = oneOf('F', 'M', 'male', 'female', '');
        const vessels = draw(9) === 0 && visit > 0 ? '' : `${draw(4)}`;
        const pain = oneOf('typical', 'atypical', 'none', '?', 'stabbing', '');
        const num = `${extreme || draw(3) === 0 ? 1 + draw(4) : 0}`;
        // What a rule leaves out may be out of range: it counts for nothing.
        const research = draw(10) === 0;
        return { id, line: [id, age, sex, research ? '9999' : chol, vessels, pain, num, research ? 'research' : 'heart'].join(',') };
      }),
  );
}

const ALL = records();
const PEOPLE = [...new Set(ALL.map(({ id }) => id))];

function request(lines: readonly string[]): CohortRequest {
  const path = join(folder, 'table.csv');
  writeFileSync(path, [HEADER, ...lines, ''].join('\n'));
  return { source: CohortSource.parse({ type: 'csv', path }), schema, patientId: 'pid', splitKey: Buffer.alloc(32, 7) };
}

const loadWithout = (left?: string): Promise<EncodedCohort> =>
  loadCohort(request(ALL.filter(({ id }) => id !== left).map(({ line }) => line)));

/** The rows as they would be if one patient's had never been there, the patients numbered anew. */
function dropPatient({ x, y, patients, patientCount }: Rows, left: number): Rows {
  const columns = x.length / y.length;
  const kept = [...patients.keys()].filter((row) => patients[row] !== left);
  return {
    x: Float32Array.from(kept.flatMap((row) => [...x.subarray(row * columns, (row + 1) * columns)])),
    y: Float32Array.from(kept, (row) => y[row]!),
    patients: Int32Array.from(kept, (row) => patients[row]! - (patients[row]! > left ? 1 : 0)),
    patientCount: patientCount - 1,
  };
}

const bits = ({ x, y, patients, patientCount }: Rows): string =>
  [x, y, patients].map((each) => Buffer.from(each.buffer).toString('hex')).join('|') + patientCount;

interface Removal {
  readonly id: string;
  /** The training rows of the cohort that was read from the file without the patient. */
  readonly train: Rows;
  /** The patient's number among the training rows of the whole cohort; absent for one whose records are not among them. */
  readonly number: number | undefined;
}

let whole: EncodedCohort;
let removals: readonly Removal[];
beforeAll(async () => {
  whole = await loadWithout();
  const dropped = Array.from({ length: whole.train.patientCount }, (_, number) => bits(dropPatient(whole.train, number)));
  const found: Removal[] = [];
  for (const id of PEOPLE) {
    const { train } = await loadWithout(id);
    const number = dropped.indexOf(bits(train));
    // Neither the same rows nor the same without one patient: somebody else's moved.
    if (number < 0) expect(bits(train), `the rows of others than ${id}`).toBe(bits(whole.train));
    found.push({ id, train, number: number < 0 ? undefined : number });
  }
  removals = found;
});

const studyOf = (model: object): LearningStudy => {
  const parsed = Model.parse(model);
  const { outcome } = schema;
  const layers = modelLayers(parsed, { kind: 'columns', columns: whole.columns.length }, outcome);
  const derived = { layers, tensors: layers.flatMap(layerTensors) };
  return {
    cohort: { outcome },
    model: parsed,
    algorithm: Algorithm.parse({ name: 'dp-sgd', rounds: 1, learningRate: 0.5 }),
    seed: 1,
    derived,
  };
};

const everybody = ({ patientCount }: Rows): Uint32Array => Uint32Array.from({ length: patientCount }, (_, patient) => patient);
const squares = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, index) => sum + (value - b[index]!) ** 2, 0);

const models = [
  { name: 'logistic regression', model: { type: 'logistic-regression' } },
  { name: 'a network', model: { type: 'multilayer-perceptron', hidden: [5], activation: 'tanh' } },
] as const;
const places = [
  { where: 'zero', weightOf: () => 0 },
  { where: 'random weights', weightOf: (word: number) => word / 2 ** 31 - 1 },
] as const;
const cases = models.flatMap((model) => places.map((place) => ({ ...model, ...place })));

/** The integer sum over all patients (q = 1), before any noise. */
function summer({ model, weightOf }: (typeof cases)[number], normBound: number) {
  const study = studyOf(model);
  const seeded = new SeededRandomness('weights');
  const weights = Float64Array.from({ length: parameterCount(study.derived.tensors) }, () => weightOf(seeded.next()));
  const rule = normRule(weights.length, CLIP, normBound);
  const over = async (rows: Rows, sampled = everybody(rows), words = new SeededRandomness('rounding')) =>
    (await privateSum({ study, weights, rows, sampled, rule, words })).sum;
  return { rule, over };
}

/** The sum with each patient's rounding drawn from words of the patient's own, so that nobody's depend on who else is there. */
async function sumWithOwnWords(rows: Rows, nameOf: (patient: number) => string, { rule, over }: ReturnType<typeof summer>) {
  const sum = new Float64Array(rule.dimension);
  for (const patient of everybody(rows)) {
    const vector = await over(rows, Uint32Array.of(patient), new SeededRandomness(nameOf(patient)));
    vector.forEach((value, index) => (sum[index] = sum[index]! + value));
  }
  return sum;
}

/** What the largest movement says of the test itself: one far below S would prove little. */
function expectWithinBound(moved: readonly number[], { normBound }: NormRule, atLeast: number) {
  for (const distance of moved) expect(distance).toBeLessThanOrEqual(normBound * normBound);
  expect(Math.sqrt(Math.max(...moved))).toBeGreaterThan(atLeast * normBound);
}

describe('a patient who leaves the file', () => {
  it("takes the own rows along and leaves every other patient's as they are, bit for bit", () => {
    const numbers = removals.flatMap(({ number }) => number ?? []);
    expect(numbers.length).toBeGreaterThanOrEqual(30);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([...everybody(whole.train)]);
    expect(removals.length - numbers.length).toBeGreaterThan(0);
    expect(whole.train.y.length).toBeGreaterThan(1.5 * whole.train.patientCount);
    expect(whole.columns).toEqual(expect.arrayContaining(['sex:missing', 'chol:missing', 'pain=unknown']));
  });

  it.each(cases)('moves the integer sum by at most S: $name at $where', async (each) => {
    const { rule, over } = summer(each, 1024);
    expect(rule.rounding).toBe('nearest');
    const sum = await over(whole.train);
    const moved: number[] = [];
    for (const { train, number } of removals) {
      const distance = squares(sum, await over(train));
      if (number === undefined) expect(distance).toBe(0);
      moved.push(distance);
    }
    // At zero the only slope of a network is its last bias's: half of C.
    expectWithinBound(moved, rule, each.name === 'a network' && each.where === 'zero' ? 0.45 : 0.95);
  });

  it.each(cases)('moves it by at most S where rounding is random: $name at $where', async (each) => {
    const made = summer(each, each.name === 'a network' ? 9 : 4);
    expect(made.rule.rounding).toBe('stochastic');
    const sum = await sumWithOwnWords(whole.train, String, made);
    const moved: number[] = [];
    for (const { train, number = Infinity } of removals) {
      const without = await sumWithOwnWords(train, (patient) => String(patient < number ? patient : patient + 1), made);
      moved.push(squares(sum, without));
    }
    expectWithinBound(moved, made.rule, 0.45);
  });

  it('who has a value out of range is no outlier to cut: the cohort is refused until the record is put right', async () => {
    const typingError = [...ALL.map(({ line }) => line), 'p99,54,F,2450,0,none,0,heart'];
    const refused = await loadCohort(request(typingError)).catch((error: unknown) => error);
    if (!(refused instanceof CohortRefused)) throw new Error('not refused', { cause: refused });
    expect(refused.refused.map(({ code, column }) => [code, column])).toEqual([['COHORT_RANGE', 'chol']]);
  });
});

/** What the product does not do: every column less the cohort's own mean, over the cohort's own deviation. */
function standardised(rows: Rows): Rows {
  const count = rows.y.length;
  const columns = rows.x.length / count;
  const x = rows.x.slice();
  for (let column = 0; column < columns; column += 1) {
    const values = Array.from({ length: count }, (_, row) => rows.x[row * columns + column]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) || 1;
    values.forEach((value, row) => (x[row * columns + column] = (value - mean) / deviation));
  }
  return { ...rows, x };
}

describe("with the cohort's own mean and deviation, as a control,", () => {
  it("a patient who leaves moves every other patient's rows", () => {
    const before = standardised(whole.train);
    const unmoved = removals.filter(
      ({ train, number }) => number !== undefined && bits(standardised(train)) === bits(dropPatient(before, number)),
    );
    expect(unmoved).toEqual([]);
  });

  it.each(cases.filter(({ name }) => name === 'logistic regression'))('moves the sum by more than S: $name at $where', async (each) => {
    const { rule, over } = summer(each, 1024);
    const sum = await over(standardised(whole.train));
    const distances = await Promise.all(removals.map(async ({ train }) => squares(sum, await over(standardised(train)))));
    expect(Math.sqrt(Math.max(...distances))).toBeGreaterThan(rule.normBound);
  });
});
