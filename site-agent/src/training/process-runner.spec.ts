import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { rows, TrainingJobs } from '../../test/training-jobs.js';
import { Bench } from './bench.js';
import { processRunner, trainingPlace } from './process-runner.js';
import { threadRunner } from './thread-runner.js';

const limits = { timeoutMs: 30_000, signal: new AbortController().signal };
const memoryBytes = 2 ** 31;
const jobs = new TrainingJobs();
afterAll(() => jobs.remove());

/** A process that runs `code` when it is given a job. */
function processThat(code: string) {
  const path = join(jobs.folder, 'process.mjs');
  writeFileSync(path, `process.on('message', async ({ id }) => { ${code} });`);
  return processRunner({ engine: 'wasm' }, { memoryBytes }, { path, execArgv: [] });
}

describe('the training process', () => {
  it('gives the integers that a thread gives, keeps the fields of a refusal, and works again after each', async () => {
    const inProcess = new Bench(processRunner({ engine: 'wasm' }, { memoryBytes }));
    const inThread = new Bench(threadRunner());
    const job = jobs.over(rows(12));
    expect(await inProcess.run(job, limits)).toEqual(await inThread.run(job, limits));
    await expect(inProcess.run(jobs.over(rows(12).replace('43,', '4711,')), limits)).rejects.toMatchObject({
      refusal: { code: 'COHORT_RANGE', fields: { column: 'age' } },
      message: expect.not.stringContaining('4711'),
    });
    expect(await inProcess.run(job, limits)).toMatchObject({ counts: { contributors: 1n } });
    await Promise.all([inProcess.close(), inThread.close()]);
  });

  it('that holds more memory than the site allows is ended, and says so without a number that leaves the site', async () => {
    const small = new Bench(processRunner({ engine: 'wasm' }, { memoryBytes: 50 * 2 ** 20 }));
    await expect(small.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({
      refusal: { code: 'RESOURCES', fields: { what: 'memory' } },
      message: expect.not.stringContaining('50'),
      cause: { message: expect.stringContaining('50 MiB is its limit (resources.memory in site.yaml)') },
    });
    await small.close();
  });

  it.each([
    ['the system kills for memory', "process.kill(process.pid, 'SIGKILL')", 'SIGKILL'],
    ['crashes in native code', "process.kill(process.pid, 'SIGSEGV')", 'SIGSEGV'],
    ['ends', 'process.exit(9)', 'EXIT_9'],
    ['throws', "throw new RangeError('x')", 'EXIT_1'],
    ['lets go of the agent', 'process.disconnect(); setInterval(() => undefined, 1000)', 'SIGKILL'],
  ])('that %s fails its job with the signal, and the next job gets a new one', async (_, first, signal) => {
    let code = first;
    const bench = new Bench((events) => processThat(code)(events));
    await expect(bench.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({
      refusal: { code: 'TRAINING_KILLED', fields: { signal } },
    });
    code = 'process.send({ id, result: 7 })';
    expect(await bench.run(jobs.over(rows(12)), limits)).toBe(7);
    await bench.close();
  });

  it('leaves its last words to the incident, and no more than that', async () => {
    const bench = new Bench(processThat("process.stderr.write('y'.repeat(10_000) + 'FATAL', () => process.exit(3))"));
    const { message, cause } = (await bench.run(jobs.over(rows(12)), limits).catch((error: unknown) => error)) as Error;
    expect(message).not.toContain('FATAL');
    expect((cause as Error).message).toMatch(/exit code 3\ny+FATAL$/);
    expect((cause as Error).message.length).toBeLessThan(5_000);
    await bench.close();
  });

  it('is one that cannot be started: the job says so', async () => {
    const bench = new Bench(processRunner({ engine: 'wasm' }, { memoryBytes }, { path: join(jobs.folder, 'nowhere.mjs'), execArgv: [] }));
    await expect(bench.run(jobs.over(rows(12)), limits)).rejects.toMatchObject({ refusal: { code: 'TRAINING_KILLED' } });
    await bench.close();
  });

  it('ends with an agent that was killed', { timeout: 30_000 }, async () => {
    const { path, execArgv } = trainingPlace();
    const settings = JSON.stringify({ training: { engine: 'wasm' }, heapMiB: 512 });
    const agent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { fork } from 'node:child_process';
         const child = fork(${JSON.stringify(path)}, [${JSON.stringify(settings)}], { execArgv: ${JSON.stringify(execArgv)}, serialization: 'advanced' });
         console.log(child.pid);
         setInterval(() => undefined, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const [pid] = (await once(createInterface(agent.stdout), 'line')) as [string];
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
    const score = `/proc/${pid}/oom_score_adj`;
    // Where the system has such a thing: it takes this process before the agent.
    if (existsSync(score))
      await vi.waitFor(() => expect(readFileSync(score, 'utf8').trim()).toBe('1000'), { timeout: 20_000, interval: 50 });
    agent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), { timeout: 20_000, interval: 50 });
  });

  it('leaves no process behind when the bench is closed', async () => {
    const bench = new Bench(processThat('process.send({ id, result: process.pid })'));
    const pid = (await bench.run(jobs.over(rows(12)), limits)) as unknown as number;
    expect(isAlive(pid)).toBe(true);
    await bench.close();
    expect(isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
