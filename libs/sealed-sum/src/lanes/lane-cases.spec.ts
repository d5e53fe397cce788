import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aShape } from '../../test/world.js';
import { sealParameters } from '../parameters/index.js';
import { packSlots, readWord, unpackSlots, writeWord } from './slots.js';

/** Field case CRY-1: the sum cannot overflow its lane. The reasons and the sources are in the case's own text. */
const FILE = new URL('../../../../../shared/cases/cry-1/lane-cases.json', import.meta.url);
const FALLBACK = { sites: [3, 4, 7, 10, 15, 16, 17, 64, 255, 256], bits_per_value: [8, 12, 16, 20, 22] };
const cases: typeof FALLBACK = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as typeof FALLBACK) : FALLBACK;

const vectors: Record<string, (max: number) => (site: number, half: number) => number> = {
  'all +max': (max) => () => max,
  'all -max': (max) => () => -max,
  'alternating +max/-max': (max) => (_, half) => (half === 0 ? max : -max),
  'alternating -max/+max': (max) => (_, half) => (half === 0 ? -max : max),
  'all zero': () => () => 0,
  'one lane at +max': (max) => (_, half) => (half === 0 ? max : 0),
  'one lane at -max': (max) => (_, half) => (half === 1 ? -max : 0),
  'stochastic rounding of max*0.9999999': (max) => () => Math.floor(max * 0.9999999 + Math.random()),
};

describe('two lanes in one coefficient', () => {
  for (const sites of [...cases.sites, 372])
    for (const bits of cases.bits_per_value) {
      const parameters = sealParameters(aShape({ sites }));
      const max = Math.min(2 ** bits - 1, parameters.levels);
      it(`come apart exactly after ${sites} additions mod p of values of ${bits} bits`, () => {
        for (const [name, vector] of Object.entries(vectors)) {
          const lane = vector(max);
          const [words, total, opened] = [new Uint32Array(2), new Int32Array(2), new Int32Array(2)];
          let slot = 0;
          for (let site = 0; site < sites; site++) {
            const lanes = Int32Array.of(lane(site, 0), lane(site, 1));
            lanes.forEach((value, half) => (total[half]! += value));
            packSlots(lanes, words, parameters);
            slot = (slot + readWord(words, 0)) % parameters.plainModulus;
          }
          writeWord(words, 0, slot);
          unpackSlots(words, opened, parameters);
          expect(opened, name).toEqual(total);
        }
      });
    }
});
