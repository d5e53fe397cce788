import { describe, expect, it } from 'vitest';
import { aShape } from '../../test/world.js';
import { laneBounds, parametersHash, sealParameters, type LaneChoice } from './index.js';

const choice = (over: Partial<LaneChoice> = {}): LaneChoice => ({
  sites: 4,
  laneBits: 23,
  lanes: 2,
  plainModulus: 2 ** 46 - 57,
  coefficientModulus: 16384n * (2n ** 46n - 57n) + 1n,
  ...over,
});

describe('the parameter object', () => {
  it('is that of PROTOCOL.md section 3', () => {
    expect(sealParameters(aShape({ sites: 3, updateLength: 3 }))).toMatchObject({
      coefficientModulus: '1152921504605913089',
      plainModulus: 70368744177607,
      laneMaximum: 4_194_303,
      levels: 1_398_101,
      segments: [
        { name: 'update', values: 3 },
        { name: 'weight' },
        { name: 'counts', limbs: 3, limbBits: 15 },
        { name: 'check', slots: 3 },
      ],
      // 2 for three values, 1 for the weight, 5 for nine limbs, 3 whole ones.
      slots: 11,
      blocks: 1,
    });
  });

  it.each([3, 4, 10, 128, 129, 255, 256, 372])('keeps every lane and every limb of %i sites inside its lane', (sites) => {
    const { levels, laneMaximum, segments } = sealParameters(aShape({ sites }));
    expect(sites * levels).toBeLessThanOrEqual(laneMaximum);
    expect(sites * (levels + 1)).toBeGreaterThan(laneMaximum);
    const counts = segments.find((segment) => segment.name === 'counts');
    if (counts?.name !== 'counts') throw new Error('no counts');
    expect(2 ** counts.limbBits - 1).toBeLessThanOrEqual(levels);
    expect(counts.limbs * counts.limbBits).toBeGreaterThanOrEqual(45);
  });

  it('has no update segment for a round that only evaluates, and no counts where there are none', () => {
    expect(sealParameters(aShape({ updateLength: 0, counts: [] })).segments.map(({ name }) => name)).toEqual(['weight', 'check']);
  });

  it('hashes to the same for everybody, and to another for another study', () => {
    expect(parametersHash(sealParameters(aShape()))).toBe(parametersHash(sealParameters(aShape())));
    expect(parametersHash(sealParameters(aShape()))).not.toBe(parametersHash(sealParameters(aShape({ maxWeight: 1001 }))));
    expect(parametersHash(sealParameters(aShape()))).toMatch(/^[0-9a-f]{64}$/);
  });

  const refused: [Parameters<typeof aShape>[0] & object, string][] = [
    [{ sites: 2 }, 'A sum of 2 sites'],
    [{ sites: 373 }, '373 sites are too many: the error could reach 8207, and decryption is certain only up to 8192'],
    [{ sites: 3.5 }, 'A sum of 3.5 sites'],
    [{ updateLength: -1 }, 'An update of -1 values'],
    [{ updateLength: 1_000_000_001 }, 'An update of 1000000001 values'],
    [{ updateLength: Number.NaN }, 'An update of NaN values'],
    [{ updateRange: 0 }, 'updateRange is 0'],
    [{ updateRange: Number.POSITIVE_INFINITY }, 'updateRange is Infinity'],
    [{ updateRange: Number.MIN_VALUE }, 'updateRange is 5e-324'],
    [{ updateRange: Number.NaN }, 'updateRange is NaN'],
    [{ maxWeight: -5 }, 'maxWeight is -5'],
    [{ counts: ['a', 'b', 'a'] }, '3 counts'],
  ];
  it.each(refused)('refuses %j', (over, sentence) => {
    expect(() => sealParameters(aShape(over))).toThrow(
      expect.objectContaining({ code: 'LAYOUT_REFUSED', message: expect.stringContaining(sentence) }),
    );
  });

  const refusedLanes: [string, Partial<LaneChoice>, string][] = [
    ['a plaintext modulus one bit too small', { plainModulus: 2 ** 45 - 55 }, 'more than the plaintext modulus'],
    ['lanes one bit too wide', { laneBits: 24 }, 'more than the plaintext modulus'],
    ['a plaintext modulus of 54 bits', { plainModulus: 2 ** 53, sites: 4 }, 'decryption is certain only up to 63'],
    ['lanes too narrow for the sites', { laneBits: 12, sites: 10 }, '10 sites leave 204 levels'],
    ['three lanes', { lanes: 3 }, 'A slot cannot have 3 lanes'],
  ];
  it.each(refusedLanes)('refuses %s', (_, over, sentence) => {
    expect(() => laneBounds(choice(over))).toThrow(
      expect.objectContaining({ code: 'LAYOUT_REFUSED', message: expect.stringContaining(sentence) }),
    );
  });
});
