import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { aShape, lanesOf, plainSum, sumOf, useWorld } from '../../test/world.js';
import { dequantise, measureUploadBytesPerParameter, quantise } from '../index.js';
import { sealParameters } from '../parameters/index.js';

const world = useWorld();

describe('a sealed sum', () => {
  const extremes: Record<string, (levels: number) => (index: number, site: number) => number> = {
    'all at +B': (levels) => () => levels,
    'all at −B': (levels) => () => -levels,
    'alternating ±B': (levels) => (index) => (index % 2 === 0 ? levels : -levels),
    'high lanes at +B over low lanes at −B': (levels) => (index) => (index % 2 === 0 ? -levels : levels),
    'one lane at +B and the rest 0': (levels) => (index) => (index === 0 ? levels : 0),
    random: (levels) => () => Math.floor(Math.random() * (2 * levels + 1)) - levels,
  };
  for (const sites of [3, 4, 10])
    for (const [name, pattern] of Object.entries(extremes))
      it(`equals the integer sum bit for bit: ${sites} sites, ${name}`, async () => {
        const parameters = plainSum(sites);
        const lane = pattern(parameters.levels);
        const contributions = Array.from({ length: sites }, (_, site) => lanesOf(parameters, (index) => lane(index, site)));
        expect(await world.sum(parameters, contributions)).toEqual(sumOf(contributions));
      });

  it.each([64, 372])('is exact with %i sites, each lane at its own extreme', async (sites) => {
    const parameters = plainSum(sites, 7000);
    const { levels } = parameters;
    // A quarter of the lanes each: all +B, all −B, alternating, random by site.
    const contributions = Array.from({ length: sites }, () =>
      lanesOf(parameters, (index) =>
        index < 1750 ? levels : index < 3500 ? -levels : index < 5250 ? (index % 2 ? levels : -levels) : Math.floor(Math.random() * levels),
      ),
    );
    const opened = await world.sum(parameters, contributions);
    expect(opened).toEqual(sumOf(contributions));
    expect(opened[0]).toBe(sites * levels);
  });

  it('is exact whatever the integers and wherever the check values fall', async () => {
    await fc.assert(
      fc.asyncProperty(
        // Around one block of 4096 slots: the three check values end a block, straddle two, or begin one.
        fc.constantFrom(1, 2, 8183, 8184, 8185, 8186, 8187, 8188, 8189, 8190),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        async (updateLength, contributors, seed) => {
          const parameters = plainSum(3, updateLength);
          const contributions = Array.from({ length: contributors }, (_, site) =>
            lanesOf(parameters, (index) => (Math.imul(index + 1, seed + site) % (parameters.levels + 1)) | 0),
          );
          expect(await world.sum(parameters, contributions)).toEqual(sumOf(contributions));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives the weighted mean and exact counts back', async () => {
    const parameters = sealParameters(aShape({ updateLength: 3 }));
    const values = [
      { update: Float64Array.of(0.5, -0.25, 2), weight: 100, counts: { patients: 100n } },
      { update: Float64Array.of(-0.5, 0.75, -3), weight: 300, counts: { patients: 2n ** 45n - 1n } },
      { update: Float64Array.of(0.1, 0.2, 0.3), weight: 600, counts: { patients: 0n } },
    ];
    const opened = await world.sum(
      parameters,
      values.map((value) => quantise(value, parameters).lanes),
    );
    const { update, weight, counts } = dequantise(opened, parameters);
    expect(counts).toEqual({ contributors: 3n, clamped: 2n, patients: 2n ** 45n + 99n });
    expect(weight).toBeCloseTo(1000, 2);
    expect(update[0]).toBeCloseTo((0.5 * 100 - 0.5 * 300 + 0.1 * 600) / 1000, 5);
    expect(update[1]).toBeCloseTo((-0.25 * 100 + 0.75 * 300 + 0.2 * 600) / 1000, 5);
    // Clamped to ±1 before the sum.
    expect(update[2]).toBeCloseTo((1 * 100 - 1 * 300 + 0.3 * 600) / 1000, 5);
  });

  it('costs at most 4.1 bytes a parameter upwards and 8.2 downwards at a million parameters', async () => {
    expect(await measureUploadBytesPerParameter()).toBeLessThanOrEqual(4.1);
    expect(plainSum(4, 1_000_000).foldBytes / 1_000_000).toBeLessThanOrEqual(8.2);
  });
});
