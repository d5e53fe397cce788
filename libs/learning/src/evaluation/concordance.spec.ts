import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concordance } from './concordance.js';

/** Every pair, by the words of the definition. */
function bruteForce(times: readonly number[], scores: readonly number[]) {
  let comparable = 0;
  let halves = 0;
  for (const [one, time] of times.entries())
    for (const [other, otherTime] of times.entries()) {
      const isEarlier = Math.abs(time) < Math.abs(otherTime) || (Math.abs(time) === Math.abs(otherTime) && otherTime < 0);
      if (one === other || time < 0 || !isEarlier) continue;
      comparable += 1;
      halves += scores[one]! > scores[other]! ? 2 : scores[one] === scores[other] ? 1 : 0;
    }
  return { comparable, halves };
}

// Few different times and scores, so that most are tied.
const time = fc.integer({ min: 1, max: 6 }).chain((size) => fc.constantFrom(size, -size));
const patients = fc.array(fc.tuple(time, fc.integer({ min: -2, max: 2 })), { maxLength: 40 });

describe('concordance', () => {
  it('is that of counting every pair, with ties of times and of scores', () => {
    fc.assert(
      fc.property(patients, (list) => {
        const [times, scores] = [list.map(([one]) => one), list.map(([, score]) => score)];
        expect(concordance(Float64Array.from(times), Float64Array.from(scores))).toEqual(bruteForce(times, scores));
      }),
      { numRuns: 500 },
    );
  });

  it('has no comparable pair where no event was seen', () => {
    expect(concordance(Float64Array.of(-1, -2, -3), Float64Array.of(1, 2, 3))).toEqual({ comparable: 0, halves: 0 });
  });
});
