import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opensAt, parseConfig, parseHours, type OpeningHours } from './index.js';

const night = parseHours('19:00-06:00')!;
/** A local time, as a wall clock shows it. */
const at = (hour: number, minute = 0, day = 10) => new Date(2026, 2, day, hour, minute);
const hours = fc
  .record({ opens: fc.integer({ min: 0, max: 1_439 }), closes: fc.integer({ min: 0, max: 1_439 }) })
  .filter(({ opens, closes }) => opens !== closes) satisfies fc.Arbitrary<OpeningHours>;

describe('the hours of a site', () => {
  it('go over midnight', () => {
    expect([at(19), at(23, 59), at(0), at(5, 59)].map((now) => opensAt(night, now))).toEqual([undefined, undefined, undefined, undefined]);
    expect(opensAt(night, at(6))).toEqual(at(19));
    expect(opensAt(night, at(18, 59))).toEqual(at(19));
  });

  it('lie within a day', () => {
    const day = parseHours('08:30 - 17:00')!;
    expect(opensAt(day, at(8, 29))).toEqual(at(8, 30));
    expect(opensAt(day, at(8, 30))).toBeUndefined();
    expect(opensAt(day, at(16, 59))).toBeUndefined();
    expect(opensAt(day, at(17))).toEqual(at(8, 30, 11));
  });

  it('begin within a day and an hour, and at that moment it is open', () => {
    fc.assert(
      fc.property(hours, fc.date({ min: new Date(2026, 0, 1), max: new Date(2027, 0, 1), noInvalidDate: true }), (own, now) => {
        const opens = opensAt(own, now);
        if (!opens) return;
        expect(opens.getTime()).toBeGreaterThan(now.getTime());
        expect(opens.getTime() - now.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
        expect(opensAt(own, opens)).toBeUndefined();
      }),
    );
  });

  it.each(['19-6', '24:00-06:00', '19:00-19:00', '19:60-06:00', '', '19:00'])('are not "%s"', (text) => {
    expect(parseHours(text)).toBeUndefined();
    expect(() => parseConfig(`site: a\ncoordinator: c:443\nstate: s\nresources: { hours: "${text}" }\n`, '/x/site.yaml')).toThrow(
      /line 4: resources\.hours: two different times of day/,
    );
  });

  it('are absent where nobody set any', () => {
    expect(parseConfig('site: a\ncoordinator: c:443\nstate: s\n', '/x/site.yaml').hours).toBeUndefined();
    expect(parseConfig('site: a\ncoordinator: c:443\nstate: s\nresources: { hours: "19:00-06:00" }\n', '/x/site.yaml').hours).toEqual(
      night,
    );
  });
});
