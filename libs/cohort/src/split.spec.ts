import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitByPatient } from './split.js';

const key = Buffer.alloc(32, 9);
const ids = Array.from({ length: 4000 }, (_, n) => `patient-${n}`);

describe('a split by patient', () => {
  it('puts all records of a patient into one part, and keeps that part whoever else comes or goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.array(fc.string()),
        fc.uint8Array({ minLength: 16, maxLength: 32 }),
        (some, others, secret) => {
          const alone = splitByPatient(some, secret, 0.4);
          expect(splitByPatient([...others, ...some, ...some], secret, 0.4).slice(others.length)).toEqual([...alone, ...alone]);
        },
      ),
    );
  });

  it('gives the test part about its share', () => {
    const share = splitByPatient(ids, key, 0.25).filter((part) => part === 'test').length / ids.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
  });

  it('is another one under another key', () => {
    expect(splitByPatient(ids, Buffer.alloc(32, 8), 0.5)).not.toEqual(splitByPatient(ids, key, 0.5));
  });

  it('refuses a key that could be guessed, and a share that leaves a part empty', () => {
    expect(() => splitByPatient(ids, Buffer.alloc(15), 0.5)).toThrow(RangeError);
    for (const share of [0, 1, NaN]) expect(() => splitByPatient(ids, key, share)).toThrow(RangeError);
  });
});
