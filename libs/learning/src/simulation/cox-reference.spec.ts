import { readFileSync } from 'node:fs';
import type { Rows } from '@consilium/cohort';
import { describe, expect, it } from 'vitest';
import { csvLines, dataFile } from '../../test/data-file.js';
import { HASH, smallStudy } from '../../test/small-world.js';
import { evaluatedPatients, trainInMemory } from '../index.js';

type Line = Readonly<Record<string, string>>;
type Covariates = Readonly<Record<string, (line: Line) => number>>;

const BREAST = dataFile('breast-rotterdam-gbsg/breast.csv');
const LUNG = dataFile('survival-lung/lung.csv');

const breast: Covariates = {
  age: (line) => Number(line['age']),
  meno: (line) => Number(line['meno']),
  size_20_50: (line) => Number(line['size'] === '20-50'),
  size_over_50: (line) => Number(line['size'] === '>50'),
  grade: (line) => Number(line['grade']),
  log1p_nodes: (line) => Math.log1p(Number(line['nodes'])),
  log1p_pgr: (line) => Math.log1p(Number(line['pgr'])),
  log1p_er: (line) => Math.log1p(Number(line['er'])),
  hormon: (line) => Number(line['hormon']),
};
const lung: Covariates = {
  age: (line) => Number(line['age']),
  female: (line) => Number(line['sex'] === 'female'),
  ph_ecog: (line) => Number(line['ph_ecog']),
};

/** Cox regression over sites that see their own rows only, by plain gradient descent; coefficients by the raw unit. */
async function federatedCox(lines: readonly Line[], covariates: Covariates, algorithm: { rounds: number; learningRate: number }) {
  const names = Object.keys(covariates);
  const columns = names.map((name) => lines.map(covariates[name]!));
  const means = columns.map((column) => column.reduce((a, b) => a + b) / column.length);
  const spreads = columns.map((column, c) => Math.sqrt(column.reduce((sum, v) => sum + (v - means[c]!) ** 2, 0) / column.length));
  const sites = Map.groupBy(lines, (line) => line['site']!);
  const rowsOf = (own: readonly Line[]): Rows => ({
    x: Float32Array.from(own.flatMap((line) => names.map((name, c) => (covariates[name]!(line) - means[c]!) / spreads[c]!))),
    y: Float32Array.from(own, (line) => Number(line['time_days']) * (line['event'] === '1' ? 1 : -1)),
    patients: Int32Array.from(own.keys()),
    patientCount: own.length,
  });
  const study = smallStudy({
    inputs: names.length,
    outcome: { type: 'survival', column: 'time_days', range: [0, 20_000], event: { column: 'event', positive: '= 1' } },
    model: { type: 'cox-regression' },
    algorithm: { name: 'fedavg', localSteps: 1, ...algorithm },
  });
  const rows = [...sites.values()].map(rowsOf);
  const state = await trainInMemory({ study, studyHash: HASH, sites: rows });
  let loss = 0;
  for (const own of rows) loss += (await evaluatedPatients({ study, state, rows: own })).loss.reduce((sum, value) => sum + value, 0);
  return { coefficients: Object.fromEntries(names.map((name, c) => [name, state.weights[c]! / spreads[c]!])), loss };
}

describe('Cox regression over sites, each with risk sets of its own', () => {
  it.skipIf(!BREAST)('reaches the stratified Breslow fit that R computes on the pooled rows', async () => {
    const reference = JSON.parse(readFileSync(dataFile('breast-rotterdam-gbsg/cox-reference.json')!, 'utf8')) as {
      stratified_by_site_breslow: { coef: Record<string, number>; loglik: number };
    };
    const { coef, loglik } = reference.stratified_by_site_breslow;
    const { coefficients, loss } = await federatedCox(csvLines(BREAST!), breast, { rounds: 120, learningRate: 1.5 });
    for (const [name, value] of Object.entries(coef)) expect(Math.abs(coefficients[name]! - value)).toBeLessThan(2e-5);
    expect(loss).toBeCloseTo(-loglik, 2);
  });

  it.skipIf(!LUNG)('does so with nineteen sites of one to 36 patients', async () => {
    const known = csvLines(LUNG!).filter((line) => line['ph_ecog'] !== '');
    const { coefficients } = await federatedCox(known, lung, { rounds: 60, learningRate: 1 });
    expect(coefficients['age']).toBeCloseTo(0.00956134, 5);
    expect(coefficients['female']).toBeCloseTo(-0.54735668, 5);
    expect(coefficients['ph_ecog']).toBeCloseTo(0.59725325, 5);
  });
});
