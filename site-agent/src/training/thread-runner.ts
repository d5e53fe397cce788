import { Worker } from 'node:worker_threads';
import { killedBy, type RunnerEvents, type StartRunner } from './job-runner.js';
import type { JobAnswer, ThreadSettings } from './jobs.js';
import { threadLocation } from './thread-location.js';

/** Runs jobs in a thread of the agent: for those that need keys. */
export function threadRunner(start: () => Worker = () => startThread({ training: { engine: 'wasm' }, seals: true })): StartRunner {
  return ({ answer, ended }: RunnerEvents) => {
    const thread = start();
    let over = false;
    const end = (signal: string, cause?: unknown) => {
      if (over) return;
      over = true;
      ended(killedBy(signal, cause));
    };
    thread.on('message', (message: JobAnswer) => answer(message));
    thread.on('error', (error: Error) => end('code' in error && typeof error.code === 'string' ? error.code : error.name, error));
    thread.on('exit', (code) => end(`EXIT_${code}`));
    thread.unref();
    return {
      send: (request) => thread.postMessage(request),
      busy: (busy) => (busy ? thread.ref() : thread.unref()),
      kill: async () => {
        over = true;
        await thread.terminate();
      },
    };
  };
}

/** The thread that performs jobs. @param heapMiB - JavaScript's own memory at most */
export function startThread(settings: ThreadSettings, heapMiB?: number): Worker {
  const { url, options } = threadLocation('bench-thread', import.meta.url);
  const resourceLimits = heapMiB === undefined ? {} : { maxOldGenerationSizeMb: heapMiB };
  return new Worker(url, { ...options, name: 'training', workerData: settings, resourceLimits });
}
