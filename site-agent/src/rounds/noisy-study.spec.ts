import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandNames, noisyPlan, SCORE_UNIT, studyHash } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';

const SIZES = 'publicSizes: { a: 40, b: 40, c: 40 }';
const noise = 'clip: 1, noiseMultiplier: 2, delta: 1.0e-4';
const noisy = (algorithm: string, privacy: string, metrics = 'noiseMultiplier: 5') =>
  studyYaml(['a', 'b', 'c'])
    .replace(/^algorithm:.*$/m, `algorithm: { ${algorithm} }\nmetrics: { ${metrics} }`)
    .replace('privacy: { mode: none }', `privacy: { ${privacy}, ${noise} }`)
    .replace('sites: {', `sites: { ${SIZES},`);
const fedavg = 'name: fedavg, rounds: 2, localSteps: 3, learningRate: 0.05, maxWeight: 100';

const modes: readonly [string, string][] = [
  ['patient/distributed', noisy('name: dp-sgd, rounds: 2, learningRate: 0.5', 'mode: patient/distributed, sampling: 0.5')],
  ['patient/local', noisy(fedavg, 'mode: patient/local, sampling: 0.5')],
  ['site', noisy(fedavg, 'mode: site')],
];

describe.each(modes)('a study of mode %s at three sites', (_mode, yaml) => {
  const world = new StudyWorld(yaml);
  const { coordinator } = world;
  const shadow = (name: string, file: string) =>
    (JSON.parse(readFileSync(join(world.at(name).root, 'state', 'shadow', world.hash, file), 'utf8')) as { lanes: number[] }).lanes;
  const sumOf = (files: string) => {
    const packed = world.names.map((name) => shadow(name, files));
    return packed[0]?.map((_, lane) => packed.reduce((total, lanes) => total + (lanes[lane] ?? 0), 0));
  };

  beforeAll(async () => {
    await world.start();
    await world.makeKeys();
    await world.openBlock(0, 8);
  });
  afterAll(() => world.stop());

  it('masks the same integers anew in another attempt: noise is drawn once a round', async () => {
    await world.perform('a', world.contributeTask(world.attempt(1, 0)));
    await world.restart('a');
    await world.perform('a', world.contributeTask(world.attempt(1, 1, { seat: 1 })));
    expect(shadow('a', '1-1.json')).toEqual(shadow('a', '1-0.json'));
  });

  it('opens the exact sum of noisy integers, and takes the same step everywhere', async () => {
    await world.round(world.attempt(1, 2, { seat: 2 }));
    for (const name of world.names) expect(shadow(name, '1-2.sum.json')).toEqual(sumOf('1-2.json'));
    expect(new Set(world.names.map((name) => world.digestOf(name, 1))).size).toBe(1);
    expect(world.digestOf('a', 1)).not.toBe(world.digestOf('a', 0));
  });

  it('signs the noisy table of scores, and no count of patients', () => {
    expect(new Set(coordinator.totals.values()).size).toBe(1);
    const totals = JSON.parse(coordinator.totals.get('a') ?? '') as Record<string, string>;
    expect(Object.keys(totals).sort()).toEqual([...expandNames(noisyPlan(world.study)?.names ?? [])].sort());
    const patients = Object.values(totals).reduce((sum, cell) => sum + Number(cell) / SCORE_UNIT, 0);
    // 60 test patients; the sum of 40 cells has a deviation of 5·√(40·3/2) at m − c = 2, twice √(3/2) of that in mode local.
    expect(Math.abs(patients - 60)).toBeLessThan(8 * 5 * Math.sqrt(40 * 3));
    expect(new Set(Object.values(totals)).size).toBeGreaterThan(10);
  });

  it('ends with a round that holds the table alone', async () => {
    await world.round(world.attempt(2, 0, { seat: 3 }));
    await world.round(world.attempt(3, 0, { seat: 4 }));
    for (const name of world.names) expect(shadow(name, '3-0.sum.json')).toEqual(sumOf('3-0.json'));
    expect(world.digestOf('a', 3)).toBe(world.digestOf('a', 2));
  });
});

describe('a study without a budget for metrics', () => {
  const world = new StudyWorld(noisy('name: dp-sgd, rounds: 1, learningRate: 0.5', 'mode: patient/distributed, sampling: 1', 'every: 1'));
  beforeAll(async () => {
    await world.start();
    await world.makeKeys();
    await world.openBlock(0, 8);
  });
  afterAll(() => world.stop());

  it('tells nobody how well the model does, and still ends', async () => {
    await world.round(world.attempt(1, 0));
    await world.round(world.attempt(2, 0, { seat: 1 }));
    expect(world.coordinator.totals.size).toBe(0);
    expect(new Set(world.names.map((name) => world.digestOf(name, 2))).size).toBe(1);
    const own = JSON.parse(readFileSync(join(world.folderOf('a'), 'results.json'), 'utf8')) as { accuracy: number }[];
    expect(own.at(-1)?.accuracy).toBeGreaterThan(0);
    expect(studyHash(world.specification)).toBe(world.hash);
  });
});
