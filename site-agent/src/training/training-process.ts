import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { JobAnswer, JobRequest, ThreadEngine } from './jobs.js';
import { startThread } from './thread-runner.js';

/** What the agent tells the process at its start, as its one argument. */
export interface ProcessSettings {
  readonly training: ThreadEngine;
  /** JavaScript's own memory at most; what WebAssembly and arrays hold the agent counts as resident memory. */
  readonly heapMiB: number;
}

export type ProcessMessage =
  | JobAnswer
  /** Of the whole process, while it has a job. */
  | { readonly residentBytes: number }
  /** The thread has ended without an answer. */
  | { readonly threadEnded: { readonly signal: string; readonly trace: string } };

/** The agent's heartbeats and sums go first. */
const NICENESS = 5;
/** The system that runs out of memory ends this process before any other. */
const OOM_SCORE = '1000';
const WEIGHED_EVERY_MS = 250;

/** At once, whatever a thread computes: `process.exit` would wait for a native call. */
const endNow = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

/**
 * The process in which a site reads patients' rows and trains. The work is done in a thread, so that this one always
 * hears when the agent is gone, and always knows how much memory is held.
 */
function main(argument: string): void {
  process.on('disconnect', endNow);
  yieldToTheAgent();
  const { training, heapMiB } = JSON.parse(argument) as ProcessSettings;
  const thread = startThread({ training, seals: false }, heapMiB);
  const say = (message: ProcessMessage, then: () => void = () => undefined) => process.send?.(message, undefined, {}, then);
  let jobs = 0;
  process.on('message', (request: JobRequest) => {
    jobs += 1;
    thread.postMessage(request);
  });
  thread.on('message', (answer: JobAnswer) => {
    jobs -= 1;
    say(answer);
  });
  thread.on('error', (error: Error) => {
    const signal = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    say({ threadEnded: { signal, trace: error.stack ?? error.message } }, endNow);
  });
  thread.on('exit', (code) =>
    say({ threadEnded: { signal: `EXIT_${code}`, trace: `the training thread ended with exit code ${code}` } }, endNow),
  );
  setInterval(() => {
    if (jobs > 0) say({ residentBytes: process.memoryUsage.rss() });
  }, WEIGHED_EVERY_MS);
}

/** Best effort: neither is there on every system, and neither decides whether training is right. */
function yieldToTheAgent(): void {
  const yields = [() => setPriority(NICENESS), () => writeFileSync('/proc/self/oom_score_adj', OOM_SCORE)];
  for (const yieldSomething of yields) {
    try {
      yieldSomething();
    } catch {
      continue;
    }
  }
}

main(process.argv[2] ?? '');
