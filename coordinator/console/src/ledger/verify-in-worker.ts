import type { VerifyReply, VerifyTask } from './messages.js';

/** Longest that a check may take; a hundred thousand entries take a fraction of it. */
const LIMIT_MS = 180_000;

export type Verdict = Exclude<VerifyReply, { readonly kind: 'progress' }>;

/** Checks a ledger beside the page, so that the page goes on answering. @throws Error where the worker broke or took too long */
export function verifyInWorker(task: VerifyTask, progress: (done: number, of: number) => void): Promise<Verdict> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'consilium-ledger' });
  return new Promise<Verdict>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('the check took too long')), LIMIT_MS);
    worker.addEventListener('error', () => reject(new Error('the check broke')));
    worker.addEventListener('message', ({ data }: MessageEvent<VerifyReply>) => {
      if (data.kind === 'progress') progress(data.done, data.of);
      else {
        clearTimeout(limit);
        resolve(data);
      }
    });
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}
