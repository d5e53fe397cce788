import { setTimeout as wait } from 'node:timers/promises';
import { StudyHash } from '@consilium/protocol';
import type { Assignment } from '@consilium/protocol/wire';
import { describe, expect, it } from 'vitest';
import { StudyDriver } from './study-driver.js';

const study = StudyHash.parse('a'.repeat(64));
const rest = (sequence: bigint, reason = 'waiting'): Assignment => ({ study, sequence, task: { $case: 'rest', value: { reason } } });

function world(act: (assignment: Assignment, signal: AbortSignal) => Promise<void>) {
  const stop = new AbortController();
  const errors: unknown[] = [];
  const driver = new StudyDriver(
    {
      act,
      onError: (_, error) => {
        errors.push(error);
        return 'unreachable';
      },
    },
    stop.signal,
  );
  return { driver, stop, errors };
}

const reason = ({ task }: Assignment) => (task?.$case === 'rest' ? task.value.reason : '');

describe('a study driver', () => {
  it('ignores an assignment that is older than the last', async () => {
    const seen: string[] = [];
    const { driver } = world(async (assignment) => void seen.push(reason(assignment)));
    driver.assign(rest(5n, 'new'), true);
    driver.assign(rest(4n, 'old'), true);
    await driver.idle();
    expect(seen).toEqual(['new']);
  });

  it('acts once on an assignment that comes twice, and again when the session is a new one', async () => {
    let acted = 0;
    const { driver } = world(async () => void (acted += 1));
    driver.assign(rest(1n), false);
    await driver.idle();
    driver.assign(rest(2n), false);
    await driver.idle();
    expect(acted).toBe(1);
    driver.assign(rest(2n), true);
    await driver.idle();
    expect(acted).toBe(2);
  });

  it('leaves a running step alone when the same assignment comes again', async () => {
    let acted = 0;
    let aborted = false;
    const { driver } = world(async (_, signal) => {
      acted += 1;
      await wait(20);
      aborted ||= signal.aborted;
    });
    driver.assign(rest(1n), true);
    await wait(5);
    driver.assign(rest(2n), true);
    await driver.idle();
    expect({ acted, aborted }).toEqual({ acted: 1, aborted: false });
  });

  it('aborts the step of an assignment that was replaced and then follows the new one, one at a time', async () => {
    const log: string[] = [];
    const { driver } = world(async (assignment, signal) => {
      log.push(`begin ${reason(assignment)}`);
      if (reason(assignment) === 'first') await new Promise<void>((done) => signal.addEventListener('abort', () => setTimeout(done, 5)));
      log.push(`end ${reason(assignment)}`);
    });
    driver.assign(rest(1n, 'first'), true);
    await wait(5);
    driver.assign(rest(2n, 'second'), true);
    await driver.idle();
    expect(log).toEqual(['begin first', 'end first', 'begin second', 'end second']);
  });

  it('tries a failed step again, and at once after a reconnect', async () => {
    let acted = 0;
    const { driver, errors } = world(async () => {
      acted += 1;
      if (acted <= 2) throw new Error('no');
    });
    const begun = performance.now();
    driver.assign(rest(1n), true);
    await wait(5);
    driver.assign(rest(1n), true);
    await driver.idle();
    expect(acted).toBe(3);
    expect(errors).toHaveLength(2);
    expect(performance.now() - begun).toBeLessThan(900);
  });

  it('does not begin anew when another signed state of the round before arrives, but looks again at what was refused', async () => {
    const signed = { site: 'a', keyEpoch: 0, round: 0, attempt: 0, stateHmac: Buffer.alloc(32), signature: Buffer.alloc(64) };
    const contribute = (sequence: bigint, states: number): Assignment => ({
      study,
      sequence,
      task: {
        $case: 'contribute',
        value: {
          keyEpoch: 0,
          round: 1,
          attempt: 0,
          kind: 1,
          deadline: '',
          participants: [],
          state: Array.from({ length: states }, () => signed),
          block: 0,
          seat: 0,
        },
      },
    });
    const seen: number[] = [];
    let aborted = false;
    const { driver } = world(async ({ task }, signal) => {
      const states = task?.$case === 'contribute' ? task.value.state.length : 0;
      seen.push(states);
      await wait(20);
      aborted ||= signal.aborted;
      if (states < 4) throw new Error('too few');
    });
    const begun = performance.now();
    driver.assign(contribute(1n, 2), true);
    await wait(5);
    driver.assign(contribute(2n, 3), false);
    await wait(25);
    driver.assign(contribute(3n, 4), false);
    await driver.idle();
    expect(aborted).toBe(false);
    expect(seen.at(-1)).toBe(4);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('ends when the agent stops, even while it waits for the next try', async () => {
    const { driver, stop } = world(async () => {
      throw new Error('no');
    });
    driver.assign(rest(1n), true);
    await wait(5);
    const begun = performance.now();
    stop.abort();
    await driver.idle();
    expect(performance.now() - begun).toBeLessThan(50);
  });
});
