import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { noisyYaml, StudyWorld, type Task } from '../../test/study-world.js';
import { RefusalDesk } from '../session/refusal-desk.js';
import { enterStudy } from '../session/enter-study.js';
import { act } from './act.js';
import type { RoundStep } from './round-step.js';

const world = new StudyWorld(noisyYaml());
/** By the wall clock of the machine. */
let clock = new Date(2026, 2, 10, 12, 0);
const HOURS = { opens: 19 * 60, closes: 6 * 60 };
const OPENS = new Date(2026, 2, 10, 19, 0);

beforeAll(async () => {
  await world.start();
  await world.makeKeys();
  await world.openBlock(0, 8);
});
afterAll(() => world.stop());
afterEach(() => vi.restoreAllMocks());

const took: RoundStep[] = [];
let steps = 0;
const ask = (name: string, task: Task) => {
  const { site, config } = world.at(name);
  const watched = { ...site, took: (step: RoundStep) => void took.push(step), trained: (count: number) => (steps += count) };
  const enter = () =>
    enterStudy(
      watched,
      { ...config, hours: HOURS },
      world.hash,
      () => undefined,
      () => clock,
    );
  return act(site, enter, { study: world.hash, sequence: 1n, task }, new AbortController().signal);
};
const reserves = (name: string) => {
  const path = join(world.at(name).root, 'state', 'ledgers', 'heart.jsonl');
  return existsSync(path) ? (readFileSync(path, 'utf8').match(/"kind":"(?:reserve|spend)"/g)?.length ?? 0) : 0;
};
const closed = { refusal: { code: 'OUTSIDE_HOURS', fields: { opens: OPENS.toISOString() } } };

describe('a site with hours of its own', () => {
  it('begins no round outside them, says when they begin, and reserves, trains and sends nothing', async () => {
    const run = vi.spyOn(world.at('a').site.workbench, 'run');
    const before = [world.coordinator.streams, reserves('a')];
    await expect(ask('a', world.contributeTask(world.attempt(1, 0)))).rejects.toMatchObject(closed);
    expect(run).not.toHaveBeenCalled();
    expect([world.coordinator.streams, reserves('a')]).toEqual(before);
  });

  it('tells the coordinator once, as a decision, with the time in UTC and nothing else', async () => {
    const desk = new RefusalDesk(world.at('a').state);
    const assignment = { study: world.hash, sequence: 1n, task: world.contributeTask(world.attempt(1, 0)) };
    const error: unknown = await ask('a', assignment.task).catch((thrown: unknown) => thrown);
    expect(desk.refuse(assignment, error)).toMatchObject({ code: 'OUTSIDE_HOURS', fields: { opens: OPENS.toISOString() }, kind: 1 });
    clock = new Date(2026, 2, 10, 13, 0);
    const later: unknown = await ask('a', assignment.task).catch((thrown: unknown) => thrown);
    expect(desk.refuse(assignment, later)).toBeUndefined();
  });

  it('takes no seats for rounds to come outside them', async () => {
    const task = { $case: 'advertise', value: { keyEpoch: 0, block: 9, seats: 2, round: 1 } } as Task;
    await expect(ask('a', task)).rejects.toMatchObject(closed);
  });

  it('takes part once they begin; what has begun is finished after they end', async () => {
    clock = OPENS;
    await ask('a', world.contributeTask(world.attempt(1, 0)));
    expect(took).toEqual(['reserve', 'noise', 'train', 'encrypt', 'upload']);
    expect(steps).toBe(1);
    clock = new Date(2026, 2, 11, 6, 0);
    // A later attempt of the same round: its integers are made, so nothing is trained for it.
    const run = vi.spyOn(world.at('a').site.workbench, 'run');
    await ask('a', world.contributeTask(world.attempt(1, 1)));
    expect(run.mock.calls.map(([{ kind }]) => kind)).toEqual(['seal']);
    await expect(ask('b', world.contributeTask(world.attempt(1, 1)))).rejects.toMatchObject({ code: 'OUTSIDE_HOURS' });
  });

  it('also signs and applies what others finish meanwhile', async () => {
    const attempt = world.attempt(1, 2);
    for (const name of ['b', 'c', 'd'].filter((other) => world.names.some((known) => known === other)))
      await world.perform(name, world.contributeTask(attempt));
    await ask('a', world.contributeTask(attempt));
    const fold = await world.close(attempt);
    took.length = 0;
    await ask('a', world.applyTask(attempt, fold, attempt.contributors));
    expect(took).toEqual(['decrypt', 'apply']);
  });
});
