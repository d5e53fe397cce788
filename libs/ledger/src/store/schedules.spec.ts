import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Schedule, type CrashPoint, type Step } from '../../test/schedule.js';

const FULL = process.env['CONSILIUM_FULL'] === '1';
const SCHEDULES = FULL ? 10_000 : 500;

const crash: fc.Arbitrary<CrashPoint | undefined> = fc.option(
  fc.record({
    call: fc.integer({ min: 1, max: 5 }),
    how: fc.constantFrom('crash-before', 'crash-after', 'half-then-crash', 'full', 'sync-fails'),
    survives: fc.constantFrom(0, 0.4, 1),
  }),
  { nil: undefined, freq: 3 },
);
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'reserve',
    'reserve',
    'upload',
    'upload',
    'upload',
    'retry',
    'give-back',
    'abort',
    'publish',
    'freeze',
    'lose-witness',
    'snapshot',
    'restore',
    'restart',
  ),
  study: fc.integer({ min: 0, max: 2 }),
  size: fc.integer({ min: 1, max: 12 }),
  crash,
});

async function run(steps: readonly Step[]): Promise<Schedule> {
  const schedule = new Schedule();
  await schedule.start();
  for (const one of steps) await schedule.take(one);
  await schedule.finish();
  return schedule;
}

describe('whatever happens, in any order', () => {
  it(
    `overspends nothing, loses nothing and counts nothing twice, in ${SCHEDULES} random schedules`,
    { timeout: FULL ? 7_200_000 : 180_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => void (await run(steps))),
        { numRuns: SCHEDULES },
      );
    },
  );

  it('holds for a crash at every single call of the disk, in every way', { timeout: 120_000 }, async () => {
    const plain = (what: Step['what'], study = 0): Step => ({ what, study, size: 4, crash: undefined });
    const steps = [
      plain('reserve'),
      plain('upload'),
      plain('reserve', 1),
      plain('upload', 1),
      plain('give-back'),
      plain('abort'),
      plain('publish'),
    ];
    for (const [place] of steps.entries())
      for (const how of ['crash-before', 'crash-after', 'half-then-crash', 'full', 'sync-fails'] as const)
        for (const survives of FULL ? [0, 0.5, 1] : [0.5])
          for (let call = 1; call <= 4; call += 1)
            await run(steps.map((one, index) => (index === place ? { ...one, crash: { call, how, survives } } : one)));
    expect(steps).toHaveLength(7);
  });
});
