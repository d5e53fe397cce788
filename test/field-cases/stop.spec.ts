import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@consilium/protocol/wire';
import { SiteName } from '@consilium/protocol';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { assignmentFor } from '../../coordinator/src/rounds/assignment.js';
import {
  keysConfirmed,
  launched,
  PRIVATE,
  seatsReady,
  sitesNamed,
  testStudy,
  TestWorld,
  unmask,
  upload,
} from '../../coordinator/src/rounds/builders.js';
import type { StudyEvent } from '../../coordinator/src/rounds/study-event.js';
import { StudyDriver } from '../../site-agent/src/rounds/study-driver.js';
import { studyOutcome } from '../../site-agent/src/rounds/end-study.js';
import { Bench } from '../../site-agent/src/training/bench.js';
import { processRunner } from '../../site-agent/src/training/process-runner.js';
import { BudgetWorld } from '../support/budget-world.js';

const SITES = sitesNamed('a', 'b', 'c', 'd');
const [a, b, c, d] = SITES as [SiteName, SiteName, SiteName, SiteName];
const stop = (by = 'researcher'): StudyEvent => ({ type: 'ended', outcome: 'stopped', by, reason: 'stopped', sites: [] });
const SIZES = { publicSizes: { a: 100, b: 100, c: 100, d: 100 } };
const ROUNDS = Array.from({ length: 50 }, (_, index) => index + 1);

/** Every place at which somebody may press stop, and how a study comes there. */
const PLACES: readonly (readonly [string, () => TestWorld])[] = [
  ['while it waits for approvals', () => new TestWorld(testStudy())],
  ['while its keys are made', () => keysConfirmed(new TestWorld(testStudy()))],
  ['in a training step', () => launched(new TestWorld(testStudy()))],
  ['while uploading', () => upload(launched(new TestWorld(testStudy())), a, b)],
  ['while folding', () => upload(launched(new TestWorld(testStudy())), a, b, c, d)],
  ['while sums are opened', () => unmask(upload(launched(new TestWorld(testStudy())), a, b, c, d), a, b, c)],
  ['with one site offline', () => launched(new TestWorld(testStudy())).leave(d)],
  [
    'in a round that was paid for',
    () =>
      upload(
        seatsReady(keysConfirmed(new TestWorld(testStudy(SIZES, 3, PRIVATE))), [], () => ROUNDS),
        a,
      ),
  ],
];

describe('UX-2 at the coordinator', () => {
  it.each(PLACES)('stop %s ends the study for every site, also one that is away, and says who and when', (_, comeThere) => {
    const world = comeThere().happen(stop('anna'));
    expect(world.state.activity).toMatchObject({ phase: 'ended', outcome: 'stopped', by: 'anna' });
    const ended = world.stored.find(({ event }) => event.type === 'ended');
    expect(ended?.at).toBe(new Date(world.now).toISOString());
    for (const site of SITES) {
      world.comeBack(site);
      // Work is never handed out again: the only question left is for the word that gives a price back.
      expect(['end', 'signAbort']).toContain(assignmentFor(world.state, site, world.connected).task?.$case);
    }
  });

  it.each(PLACES)('stop %s, twice in a row and after any time, changes nothing more', (_, comeThere) => {
    const world = comeThere().happen(stop('anna'));
    const { activity } = world.state;
    world.happen(stop('ben')).pass(30 * 86_400_000);
    expect(world.state.activity).toEqual(activity);
  });
});

describe('UX-2 at a site', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stop-'));
  let bench: Bench | undefined;
  afterEach(() => bench?.close());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('a training step of five minutes is over within a second of the stop, and its process is gone', async () => {
    const pidFile = join(folder, 'pid');
    // A process that takes a job and never answers.
    const path = join(folder, 'endless.mjs');
    writeFileSync(
      path,
      `import { writeFileSync } from 'node:fs'; process.on('message', () => writeFileSync(${JSON.stringify(pidFile)}, String(process.pid))); setInterval(() => undefined, 1000);`,
    );
    bench = new Bench(processRunner({ engine: 'wasm' }, { memoryBytes: 2 ** 31 }, { path, execArgv: [] }));
    const acted: string[] = [];
    const ended = Promise.withResolvers<undefined>();
    const driver = new StudyDriver(
      {
        act: async ({ task }, signal) => {
          acted.push(task?.$case ?? 'nothing');
          if (task?.$case === 'end') return ended.resolve(undefined);
          await bench?.run({ kind: 'contribution' } as never, { timeoutMs: 300_000, signal });
        },
        onError: () => 'refused',
      },
      new AbortController().signal,
    );
    driver.assign(assignment(1, 'contribute'), true);
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
    const training = Number(readFileSync(pidFile, 'utf8'));
    const at = Date.now();
    driver.assign(assignment(2, 'end'), false);
    await ended.promise;
    await driver.idle();
    expect(Date.now() - at).toBeLessThan(15_000);
    await until(() => !isAlive(training));
    // What was said before the stop and comes late is older, and starts nothing.
    driver.assign(assignment(1, 'contribute'), false);
    await driver.idle();
    expect(acted).toEqual(['contribute', 'end']);
  });

  it('gives back what was reserved and not uploaded; a second stop does nothing; the next study starts at once', async () => {
    const world = new BudgetWorld({ sampling: 1, rounds: 40, publicSize: 40 });
    await world.start();
    try {
      await world.makeKeys();
      await world.pay(1);
      const task = { $case: 'end', value: { outcome: 'stopped', aborted: undefined } } as const;
      await world.perform('a', task);
      expect(studyOutcome(world.at('a').state, world.hash)).toBe('stopped');
      const returned = world.entries('return').flatMap(({ items }) => items.flatMap(({ rounds }) => rounds));
      expect(returned).not.toEqual([]);
      await world.perform('a', task);
      await world.restart('a');
      await world.perform('a', task);
      expect(world.entries('return').flatMap(({ items }) => items.flatMap(({ rounds }) => rounds))).toEqual(returned);
    } finally {
      await world.stop();
    }
  });
});

const assignment = (sequence: number, $case: 'contribute' | 'end'): Assignment =>
  ({
    study: 'ab'.repeat(32),
    sequence: BigInt(sequence),
    task: { $case, value: $case === 'end' ? { outcome: 'stopped' } : { round: 1, attempt: 0 } },
  }) as never;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let wait = 0; wait < 1_500 && !holds(); wait += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}
