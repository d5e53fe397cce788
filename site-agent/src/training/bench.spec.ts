import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { generateBfvKey, laneCount } from '@consilium/sealed-sum';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { rows, study, TrainingJobs } from '../../test/training-jobs.js';
import { Bench } from './bench.js';
import type { StartRunner } from './job-runner.js';
import type { SealJob } from './jobs.js';
import { threadRunner } from './thread-runner.js';

const limits = { timeoutMs: 30_000, signal: new AbortController().signal };
const jobs = new TrainingJobs();
const bench = new Bench(threadRunner());
afterAll(async () => {
  await bench.close();
  jobs.remove();
});

describe('a thread on the bench', () => {
  it('turns rows into the same integers each time, and counts its own patients', async () => {
    const first = await bench.run(jobs.over(rows(12)), limits);
    const again = await bench.run(jobs.over(rows(12)), limits);
    expect(again.lanes).toEqual(first.lanes);
    expect(first.lanes).toHaveLength(laneCount(study.derived.sums.train));
    expect(first.counts).toMatchObject({ contributors: 1n, trainPatients: 9n, testPatients: 3n });
  });

  it('keeps the code and fields of a refusal on their way out of the thread, and no value', async () => {
    await expect(bench.run(jobs.over(rows(12), { minPatients: 50 }), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_TOO_SMALL', fields: {} },
    });
    await expect(bench.run(jobs.over(rows(12).replace('age', 'years')), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_SCHEMA', fields: { column: 'age' } },
    });
    await expect(bench.run(jobs.over(rows(12).replace('43,', '4711,')), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_RANGE', fields: { column: 'age' } },
      message: expect.not.stringContaining('4711'),
    });
  });

  it('refuses a weight above the public bound, and data that are not those of the first use', async () => {
    await expect(bench.run(jobs.over(rows(40)), limits)).rejects.toMatchObject({ code: 'WEIGHT_TOO_LARGE' });
    await expect(bench.run(jobs.over(rows(12), { fingerprint: '0'.repeat(64) }), limits)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  });

  it('says INTERNAL, and keeps the trace for the incident, when the error is none of ours', async () => {
    const bfvKey = await generateBfvKey();
    const seal: SealJob = {
      kind: 'seal',
      lanes: new Int32Array(1),
      parameters: study.derived.sums.train,
      bfvKey,
      checkKey: Buffer.alloc(32),
      masks: {
        self: Buffer.alloc(32),
        pairs: [
          { key: Buffer.alloc(32, 1), sign: 1 },
          { key: Buffer.alloc(32, 1), sign: -1 },
        ],
      },
      keyEpoch: 0,
      path: join(jobs.folder, 'upload'),
    };
    await expect(bench.run(seal, limits)).rejects.toMatchObject({
      code: 'INTERNAL',
      refusal: { code: 'INTERNAL' },
      trace: expect.stringContaining('RangeError'),
    });
  });

  it('is killed when a job takes too long, and the next job gets a new one', async () => {
    await expect(bench.run(jobs.over(rows(12)), { ...limits, timeoutMs: 1 })).rejects.toMatchObject({
      refusal: { code: 'TRAINING_KILLED', fields: { signal: 'TIMEOUT' } },
    });
    await expect(bench.run(jobs.over(rows(12)), limits)).resolves.toMatchObject({ counts: { contributors: 1n } });
  });

  it('drops a job whose assignment changed and goes on with the next', async () => {
    const stop = new AbortController();
    const dropped = bench.run(jobs.over(rows(12)), { ...limits, signal: stop.signal });
    const next = bench.run(jobs.over(rows(12)), limits);
    stop.abort(new Error('another assignment'));
    await expect(dropped).rejects.toThrow('another assignment');
    await expect(next).resolves.toBeDefined();
  });

  it.each([
    ['ends', 'setTimeout(() => process.exit(9), 20)', 'EXIT_9'],
    ['throws', 'setTimeout(() => { throw new RangeError("x") }, 20)', 'RangeError'],
    [
      'runs out of memory',
      'setTimeout(() => { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)) }, 20)',
      'ERR_WORKER_OUT_OF_MEMORY',
    ],
  ])('that %s fails its job and nothing else', async (_, code, signal) => {
    const dying = new Bench(threadRunner(() => new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } })));
    await expect(dying.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({
      refusal: { code: 'TRAINING_KILLED', fields: { signal } },
    });
    await dying.close();
  });
});

describe('a bench', () => {
  /** A runner that answers at once, or never. */
  const runner = (answers: boolean) => {
    const kill = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const start = vi.fn<StartRunner>(({ answer }) => ({
      send: ({ id }) => {
        if (answers)
          answer({
            id,
            failure: {
              detail: { code: 'X', errorClass: 'failed', message: 'x', fix: 'x' },
              refusal: { code: 'INTERNAL', fields: {} },
              trace: '',
            },
          });
      },
      busy: () => undefined,
      kill,
    }));
    return { start, kill };
  };

  it('ends a runner that has had nothing to do for long, and starts another for the next job', async () => {
    const { start, kill } = runner(true);
    const idling = new Bench(start, { idleMs: 20 });
    await expect(idling.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({ code: 'X' });
    await vi.waitFor(() => expect(kill).toHaveBeenCalledOnce());
    await expect(idling.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({ code: 'X' });
    expect(start).toHaveBeenCalledTimes(2);
    await idling.close();
  });

  it('gives a job no more time than the site allows, whatever the round gives', async () => {
    const { start, kill } = runner(false);
    const short = new Bench(start, { longestMs: 20 });
    await expect(short.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({
      refusal: { code: 'TRAINING_KILLED', fields: { signal: 'TIMEOUT' } },
    });
    expect(kill).toHaveBeenCalledOnce();
    await short.close();
  });

  it('that is closed ends the job it has', async () => {
    const { start } = runner(false);
    const closing = new Bench(start);
    const running = closing.run(jobs.over(rows(12)), limits);
    await Promise.all([expect(running).rejects.toMatchObject({ code: 'STOPPING' }), closing.close()]);
  });
});
