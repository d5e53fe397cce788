import { setTimeout as wait } from 'node:timers/promises';
import type { SiteName } from '@consilium/protocol';
import { Step, type Assignment } from '@consilium/protocol/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { siteStatus } from '../../coordinator/src/studies/site-status.js';
import { StudyDriver } from '../../site-agent/src/rounds/study-driver.js';
import { uploadFile } from '../../site-agent/src/rounds/upload-file.js';
import { sha256OfFile, SITE, TransferLine } from '../support/transfer-line.js';

/** RND-3 of the field cases; with CONSILIUM_FULL=1 its own sizes and times, 10 minutes in all. */
const FULL = process.env['CONSILIUM_FULL'] === '1';
const MB = 10 ** 6;
const BYTES = (FULL ? 60 : 12) * MB;
const BYTES_PER_SECOND = (FULL ? 0.5 : 4) * MB;
const CUT_EVERY = 5 * MB;
const FROZEN_MS = FULL ? 20_000 : 1_000;
const AWAY_MS = FULL ? 6 * 60_000 : 1_500;
/** 4.02 bytes a parameter. */
const PARAMETERS = Math.floor(BYTES / 4.02);
const LIMIT_MS = AWAY_MS + FROZEN_MS + (4 * 1_000 * BYTES) / BYTES_PER_SECOND + 60_000;

let line: TransferLine;
afterEach(() => line.close());

/** What people see of the site; the study's clock stands. */
function seen() {
  const { hub, progress, runner } = line.coordinator;
  const step = { study: runner.state.hash, round: 1, attempt: 0, step: Step.STEP_UPLOADING, since: Date.now() };
  return siteStatus(runner.state, SITE, {
    connected: true,
    lastSeen: hub.lastSeen(SITE),
    step,
    upload: progress.of(SITE),
    now: 0,
  });
}

/** The agent's own loop around an upload: a try that fails is followed by another, after its waits. */
function driver(work: (signal: AbortSignal) => Promise<void>, over: AbortSignal) {
  const errors: unknown[] = [];
  const driven = new StudyDriver(
    {
      act: (_, signal) => work(signal),
      onError: (_, error) => {
        errors.push(error);
        return 'unreachable';
      },
    },
    over,
  );
  driven.assign(
    { study: line.coordinator.runner.state.hash, sequence: 1n, task: { $case: 'rest', value: { reason: '' } } } satisfies Assignment,
    true,
  );
  return { errors, done: () => driven.idle() };
}

describe('a slow line that is cut again and again', () => {
  it('carries a contribution that counts once, with little sent twice, while people see how far it is', { timeout: LIMIT_MS }, async () => {
    line = await TransferLine.open({ study: { kind: 'contribution', parameters: PARAMETERS }, bytesPerSecond: BYTES_PER_SECOND });
    const { relay, coordinator } = line;
    const { runner, spool } = coordinator;
    const others = (['a', 'b', 'c'] as SiteName[]).map(
      (site) => ({ type: 'uploaded', site, round: 1, attempt: 0, bytes: 1, sha256: site, signature: '' }) as const,
    );
    for (const event of others) await runner.submit(() => event);
    const counted = () => (runner.state.activity.phase === 'round' ? [...runner.state.activity.attempt.uploads.keys()] : []);
    expect(counted()).toEqual(['a', 'b', 'c']);

    const file = await line.contribution();
    const length = Number(file.header.length);
    for (let at = CUT_EVERY; at < length; at += CUT_EVERY) relay.at(at, () => relay.cut());
    // Between the last byte and the acknowledgement: the line stands still, and then it is gone for long.
    line.whenTaken(length, () => {
      relay.freeze();
      void wait(FROZEN_MS).then(async () => {
        relay.breakDown();
        relay.thaw();
        await wait(AWAY_MS);
        relay.repair();
      });
    });
    const sentences = new Set<string>();
    const looking = setInterval(() => sentences.add(seen().sentence ?? ''), 250);
    const stop = new AbortController();
    const { errors, done } = driver((signal) => uploadFile(line.calls, file, signal), stop.signal);
    await done().finally(() => clearInterval(looking));

    expect(counted()).toEqual(['a', 'b', 'c', SITE]);
    expect(runner.state.activity).toMatchObject({ phase: 'round', attempt: { phase: 'closed', contributors: ['a', 'b', 'c', SITE] } });
    const stored = { kind: 'contribution', study: runner.state.hash, round: 1, attempt: 0, site: SITE } as const;
    expect(await sha256OfFile(spool.pathOf(stored))).toBe(file.header.sha256.toString('hex'));
    expect(line.resumed).toBeGreaterThanOrEqual(Math.floor(length / CUT_EVERY));
    expect(errors.length).toBeGreaterThanOrEqual(line.resumed);
    for (const error of errors) expect(error).toMatchObject({ errorClass: 'unreachable' });
    expect(relay.sent).toBeLessThan(1.1 * length + 10_000 * errors.length);
    const told = [...sentences].filter((sentence) => /^\d+\.\d of \d+\.\d MB sent, \d+\.\d\d MB\/s, about \d+ s left\.$/.test(sentence));
    expect(told.length).toBeGreaterThan(3);
  });
});
