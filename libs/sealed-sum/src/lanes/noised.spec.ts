import { describe, expect, it } from 'vitest';
import { aShape, sumOf, useWorld } from '../../test/world.js';
import { noisedLanes, noisedSums } from '../index.js';
import { sealParameters } from '../parameters/index.js';

const world = useWorld();
const shape = (variance: number, sites = 4) =>
  aShape({ sites, counts: [], updateVariance: variance, table: { names: ['low', 'high'], variance: 64 } });

describe('a sum with noise', () => {
  it('has whole numbers and a table, and no weight', () => {
    const { segments, laneMaximum } = sealParameters(shape(1_000_000));
    // R = ⌊(A − 8.5·√(nV))/n⌋.
    expect(segments).toMatchObject([
      { name: 'noised', values: 10, bound: Math.floor((laneMaximum - 8.5 * 2_000) / 4), variance: 1_000_000 },
      { name: 'table', names: ['low', 'high'], variance: 64 },
      { name: 'check' },
    ]);
  });

  it('is opened exactly, where noise takes single lanes beyond their clamp too', async () => {
    const parameters = sealParameters(shape(1_000_000));
    const [noised] = parameters.segments;
    const bound = noised?.name === 'noised' ? noised.bound : 0;
    const contributions = [0, 1, 2, 3].map((site) =>
      noisedLanes(
        {
          update: new Int32Array(10).map((_, index) => (index === 0 ? bound : -bound) + 1_900 * (site - 1)),
          table: Int32Array.of(-5, 16 * site),
        },
        parameters,
      ),
    );
    const opened = await world.sum(parameters, contributions);
    expect(opened).toEqual(sumOf(contributions));
    const { update, table } = noisedSums(opened, parameters);
    expect(update[0]).toBe(4 * bound + 1_900 * 2);
    expect([...table]).toEqual([-20, 96]);
  });

  it('of an evaluate round holds the table alone, or nothing at all', async () => {
    const parameters = sealParameters({ ...shape(1_000_000), updateLength: 0, table: undefined });
    const lanes = noisedLanes({ update: new Int32Array(0), table: new Int32Array(0) }, parameters);
    expect(await world.sum(parameters, [lanes, lanes, lanes])).toHaveLength(0);
  });

  it.each([
    ['noise that leaves no room', shape(500_000_000_000), 'levels in a lane'],
    ['a variance of 0', shape(0), 'A noise variance of 0'],
    ['a variance that is not a number', shape(Number.NaN), 'A noise variance of NaN'],
  ])('refuses %s', (_, wanted, sentence) => {
    expect(() => sealParameters(wanted)).toThrow(
      expect.objectContaining({ code: 'LAYOUT_REFUSED', message: expect.stringContaining(sentence) }),
    );
  });

  it('refuses values of another number', () => {
    const parameters = sealParameters(shape(1_000_000));
    expect(() => noisedLanes({ update: new Int32Array(9), table: new Int32Array(2) }, parameters)).toThrow(
      expect.objectContaining({ code: 'CONTRIBUTION_SHAPE' }),
    );
  });
});
